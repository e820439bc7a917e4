import { print } from '@0no-co/graphql.web';
import type { TadaDocumentNode } from 'gql.tada';

/** A problem that the API told about, in the reader's language, with the code that programs go by. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** The key, or its absence, gives no right to what a page asks for. */
export function isWithoutRight(problem: unknown): problem is ApiError {
  return problem instanceof ApiError && ['UNAUTHENTICATED', 'FORBIDDEN', noSuchField].includes(problem.code);
}

/** What a partner's key is told: the pages' documents are valid, but for partners there are no people in the API. */
export const noSuchField = 'GRAPHQL_VALIDATION_FAILED';

/** The API was not reached, or did not answer in time: nothing is known about what became of the request. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

const texts = new WeakMap<object, string>();

/** A document as it goes over the wire. */
export function textOf(document: TadaDocumentNode<unknown, never>): string {
  let text = texts.get(document);
  if (text === undefined) texts.set(document, (text = print(document)));
  return text;
}

const patienceMs = 10_000;

/**
 * Sends one operation. Pages talk to the API like any other client: over HTTP, with a key, by the browser's session, or as
 * the public, whoever is signed in: for what hangs where everybody can read it.
 * Throws `ApiError` or `Unreachable`, nothing else.
 */
export async function request<Data, Variables>(
  fetch: typeof globalThis.fetch,
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  options: { locale: string; key?: string; asPublic?: boolean },
): Promise<Data> {
  let answer: { data?: Data | null; errors?: { message: string; extensions?: { code?: string } }[] };
  try {
    const response = await fetch('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        'accept-language': options.locale,
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      },
      body: JSON.stringify({ query: textOf(document as TadaDocumentNode<unknown, never>), variables }),
      credentials: options.asPublic ? 'omit' : 'same-origin',
      signal: AbortSignal.timeout(patienceMs),
    });
    answer = await response.json();
  } catch (cause) {
    throw new Unreachable('the API was not reached', { cause });
  }
  const [error] = answer.errors ?? [];
  if (error) throw new ApiError(error.message, error.extensions?.code ?? 'INTERNAL_SERVER_ERROR');
  if (!answer.data) throw new Unreachable('an answer without data');
  return answer.data;
}
