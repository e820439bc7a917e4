import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql';
import { createHandler } from 'graphql-http';
import type { ErrorCode } from '../errors.js';
import { Gone, readText } from './body.js';
import { Throttled, type Charge } from './budget.js';
import type { Caller } from './caller.js';
import type { DoorParts } from './options.js';
import { writeSessionCookie } from './cookies.js';
import { objectsIn } from './cost.js';
import type { OperationRequest, Transport } from './documents.js';
import { RefusedDocument } from './errors.js';
import { executeOperation } from './execution.js';
import { Fault } from './faults.js';
import { apiHeaders } from './headers.js';
import { preflightHeaders } from './origins.js';
import { callerOf, checkMediaType, credentialsOf, parseJson, parseSearch, parseUrl } from './request.js';

/** What one request carries through graphql-http's handler. */
interface Exchange {
  caller: Caller;
  request: OperationRequest;
  transport: Transport;
  /** What came out, when nothing went wrong. */
  result?: ExecutionResult;
  charge?: Charge;
  /** Headers that tell when it is worth asking again. */
  retryAfter?: readonly string[];
}

/** As graphql-http spells it; the door never looks inside. */
type Context = Record<PropertyKey, unknown>;

const noHeaders: readonly string[] = [];
const noData: ExecutionResult = { data: null };

/** GraphQL over HTTP: graphql-http keeps the specification, the door decides what gets that far. */
export function createHttpApi(parts: DoorParts) {
  const { prepareOperation, budgets, present, origins, authenticate, createContext, limits } = parts;
  const handle = createHandler<undefined, Exchange, Context>({
    parseRequestParams: ({ context }) => context.request,
    execute: (args) => executeOperation(args as ExecutionArgs),
    onSubscribe({ context }) {
      const { caller, request, transport } = context;
      const budget = budgets.of(caller.viewer);
      try {
        const operation = prepareOperation(request, caller.viewer, transport);
        if (!budget) return { ...operation, contextValue: createContext(caller) as Context };
        const charge = (context.charge = budget.spend(operation.cost()));
        return { ...operation, contextValue: createContext({ ...caller, charge }) as Context };
      } catch (error) {
        context.charge = error instanceof Throttled ? error.charge : budget?.refused();
        if (isAboutTheDocument(error)) return present.thrown(error, caller);
        throw error;
      }
    },
    onOperation({ context }, _args, result) {
      const { caller, charge } = context;
      charge?.settle(objectsIn(result.data));
      if (!result.errors) {
        // The handler looks at each value for errors that it might write out differently; there are none in data.
        context.result = result;
        return noData;
      }
      const errors = present.executed(result.errors, caller);
      context.retryAfter = retryAfter(errors);
      // Without data nothing was executed. A bare list of errors gets the status of a refusal, as from `onSubscribe`.
      if (!('data' in result)) return errors as unknown as ExecutionResult;
      return { ...result, errors };
    },
  });

  return async function answer(request: IncomingMessage, response: ServerResponse, search: string): Promise<void> {
    let caller = callerOf(request, parts.trustedProxies);
    let cors = noHeaders;
    let cookies = noHeaders;
    let context: Exchange | undefined;
    try {
      const { method = '', headers } = request;
      cors = origins.check(request);
      if (method === 'OPTIONS') return reply(response, caller, 204, null, [...cors, ...preflightHeaders]);
      const transport: Transport | undefined = method === 'GET' || method === 'POST' ? method : undefined;
      if (!transport) throw new Fault('methodNotAllowed');
      let body: string | undefined;
      if (transport === 'POST') {
        parseSearch(search);
        checkMediaType(headers['content-type']);
        body = await readText(request, limits.bodyBytes);
      }
      const viewer = await authenticate(credentialsOf(request, caller, origins), caller.locale);
      const setSession: Caller['setSession'] = (session) =>
        (cookies = ['set-cookie', writeSessionCookie(request, session)]);
      caller = { ...caller, viewer, setSession };
      context = { caller, request: body === undefined ? parseUrl(search) : parseJson(body), transport };
      const [text, init] = await handle({ method, url: '', headers, raw: undefined, body: null, context });
      if (text === null) throw new Fault('notAcceptable');
      const sent = [...cors, ...cookies, ...(context.retryAfter ?? noHeaders)];
      const type = ['content-type', init.headers?.['content-type'] as string];
      const answer = context.result ? JSON.stringify(context.result) : text;
      reply(response, caller, init.status, withCost(answer, context.charge), [...sent, ...type]);
    } catch (error) {
      if (error instanceof Gone) return;
      const errors = present.thrown(error, caller);
      const headers = error instanceof Fault ? Object.entries(error.kind.headers ?? {}).flat() : noHeaders;
      const text = withCost(JSON.stringify({ errors }), context?.charge);
      reply(response, caller, statusOf(error, errors), text, [...cors, ...headers, ...retryAfter(errors), ...json]);
    }
  };
}

/** The same JSON object, with what it cost. */
function withCost(text: string, charge: Charge | undefined): string {
  return charge ? `${text.slice(0, -1)},"extensions":${JSON.stringify({ cost: charge.cost })}}` : text;
}

export const json: readonly string[] = ['content-type', 'application/json; charset=utf-8'];

/** What the specification answers by the negotiated type, and not by the status of the request. */
function isAboutTheDocument(error: unknown): boolean {
  return error instanceof RefusedDocument || (error instanceof Fault && error.kind.status === undefined);
}

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
};

function statusOf(error: unknown, [first]: readonly GraphQLError[]): number {
  if (error instanceof Fault && error.kind.status) return error.kind.status;
  return statusOfCode[first?.extensions.code as ErrorCode] ?? 500;
}

/** As a header, what an error says about when it is worth asking again. */
function retryAfter(errors: readonly GraphQLError[]): readonly string[] {
  const seconds = errors.map(({ extensions }) => extensions.retryAfterSeconds).find((value) => value !== undefined);
  return seconds === undefined ? noHeaders : ['retry-after', String(seconds)];
}

/** Writes head and body in one piece. */
export function reply(
  response: ServerResponse,
  { requestId }: Pick<Caller, 'requestId'>,
  status: number,
  text: string | null,
  headers: readonly string[],
): void {
  if (response.headersSent || response.destroyed) return;
  const length = text === null ? noHeaders : ['content-length', String(Buffer.byteLength(text))];
  response.writeHead(status, [...apiHeaders, ...headers, 'x-request-id', requestId, ...length]);
  response.end(text);
}
