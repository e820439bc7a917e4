import { createSourceEventStream, execute, Kind, visit, type DocumentNode, type ExecutionResult } from 'graphql';
import type { Subscribe, SubscriptionArgs } from '../http/delivery.js';
import type { Caller } from '../http/caller.js';
import { visibilityOf } from '../viewer.js';
import { abortable } from './abortable.js';

/** The argument of a subscription that only says where a subscriber starts, not what it is told. */
const positionArgument = 'after';

/** The text of a result that went well, or the result when it carries errors, which are made fit to be seen elsewhere. */
type Shared = string | ExecutionResult;

/**
 * Runs subscriptions so that subscribers who would be told the same share one execution and one serialisation of each
 * event: those of equal visibility, language, document and variables. It serves every subscription of the schema; all
 * that a source has to do is to hand the same object to everybody whom the same event concerns.
 *
 * graphql-ws keeps the stream's life: the iterator that it gets ends with the source and yields only what has errors.
 */
export function subscribeShared(createContext: (caller: Caller) => object): Subscribe {
  const results = new WeakMap<object, Map<string, Promise<Shared>>>();

  function resultOf(event: object, group: string, args: SubscriptionArgs): Promise<Shared> {
    let groups = results.get(event);
    if (!groups) results.set(event, (groups = new Map()));
    let result = groups.get(group);
    if (!result) groups.set(group, (result = run(event, args)));
    return result;
  }

  async function run(event: object, args: SubscriptionArgs): Promise<Shared> {
    // A context of its own, so that nothing is told from what was loaded for an earlier event.
    const result = await execute({ ...args, rootValue: event, contextValue: createContext(args.caller) });
    return result.errors ? result : JSON.stringify(result);
  }

  return async (args) => {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const events = source[Symbol.asyncIterator]() as AsyncIterator<object>;
    const group = groupOf(args);
    const head = `{"id":${JSON.stringify(args.streamId)},"type":"next","payload":`;

    return abortable(async function* (signal) {
      signal.addEventListener('abort', () => void events.return?.());
      for (;;) {
        const step = await events.next();
        if (step.done) return;
        const result = await resultOf(step.value, group, args);
        if (typeof result !== 'string') yield result;
        else if (!signal.aborted) await args.connection.send(`${head}${result}}`);
      }
    });
  };
}

interface KnownDocument {
  number: number;
  /** Variables that do nothing but say where to start. */
  positions: Set<string>;
}

const known = new WeakMap<DocumentNode, KnownDocument>();
let documents = 0;

/** Equal for subscribers who are told the same. Equal texts are one document: the door keeps them parsed. */
function groupOf({ document, operationName, variableValues, caller }: SubscriptionArgs): string {
  let facts = known.get(document);
  if (!facts) known.set(document, (facts = { number: ++documents, positions: positionsOf(document) }));
  const { number, positions } = facts;
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => !positions.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([visibilityOf(caller.viewer), caller.locale, number, operationName ?? null, variables]);
}

function positionsOf(document: DocumentNode): Set<string> {
  const positions = new Set<string>();
  const elsewhere = new Set<string>();
  visit(document, {
    Variable(node, _key, parent, _path, ancestors) {
      if (parent && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION) return;
      const isPosition =
        parent && 'kind' in parent && parent.kind === Kind.ARGUMENT && parent.name.value === positionArgument;
      // document > definitions > operation > selection set > selections > root field > arguments
      (isPosition && ancestors.length === 7 ? positions : elsewhere).add(node.name.value);
    },
  });
  return new Set([...positions].filter((name) => !elsewhere.has(name)));
}
