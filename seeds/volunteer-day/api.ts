import { Agent, request } from 'undici';

export interface GraphQLAnswer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string; retryAfterSeconds?: number } }[];
}

/** The server answered, and the answer is no: trying again would not help. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** No answer, or one that says "not now": to be tried again with the same key. */
export class Unanswered extends Error {}

const retriableCodes = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED', 'THROTTLED', 'INTERNAL_SERVER_ERROR']);
const requestTimeoutMs = 10_000;

/** The GraphQL API over plain HTTP with connections kept alive, as any outside client would use it. */
export class Api {
  readonly #agent: Agent;
  readonly #endpoint: URL;
  /** Answers and failures, as they came. */
  readonly stats = { requests: 0, retries: 0, serverFaults: 0, latenciesMs: [] as number[] };

  constructor(
    url: string,
    private readonly options: { connections: number; patienceMs: number },
  ) {
    this.#endpoint = new URL('/graphql', url);
    this.#agent = new Agent({ connections: options.connections, pipelining: 1, keepAliveTimeout: 30_000 });
  }

  /**
   * Sends one request once. Throws `Unanswered` when no answer came (also after `signal`), `ApiError` when the answer is
   * an error. `measured` answers count in the latencies.
   */
  async once<T>(
    document: string,
    variables: object,
    { key, signal, measured }: { key?: string; signal?: AbortSignal; measured?: boolean } = {},
  ): Promise<T> {
    const sentAt = performance.now();
    this.stats.requests++;
    const answer = await this.#post<T>(JSON.stringify({ query: document, variables }), key, signal);
    const [error] = answer.errors ?? [];
    if (error) {
      const code = error.extensions?.code ?? 'UNKNOWN';
      if (code === 'INTERNAL_SERVER_ERROR') this.stats.serverFaults++;
      if (retriableCodes.has(code)) throw new Unanswered(error.message);
      throw new ApiError(error.message, code);
    }
    if (!answer.data) throw new Unanswered('an answer without data');
    if (measured) this.stats.latenciesMs.push(performance.now() - sentAt);
    return answer.data;
  }

  /** Repeats `attempt` until it is answered, waiting a little longer each time, for as long as the patience lasts. */
  async untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + this.options.patienceMs;
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 1_500)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        if (performance.now() > giveUpAt) {
          const seconds = Math.round(this.options.patienceMs / 1000);
          throw new Error(`${this.#endpoint.href} has not answered for ${seconds} s: ${error.message}`, {
            cause: error,
          });
        }
      }
      this.stats.retries++;
      // Half of it by chance, so that a server that comes back is not met by everybody at once.
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)));
    }
  }

  /** Reads: the same request until it is answered. */
  query<T>(document: string, variables: object, key?: string): Promise<T> {
    return this.untilAnswered(() => this.once<T>(document, variables, { key }));
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #post<T>(body: string, key?: string, signal?: AbortSignal): Promise<GraphQLAnswer<T>> {
    let status: number;
    let text: string;
    try {
      const response = await request(this.#endpoint, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json, application/json',
          ...(key && { authorization: `Bearer ${key}` }),
        },
        body,
        signal,
        headersTimeout: requestTimeoutMs,
        bodyTimeout: requestTimeoutMs,
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      throw new Unanswered(error instanceof Error ? error.message || error.name : String(error), { cause: error });
    }
    try {
      const answer = JSON.parse(text) as GraphQLAnswer<T>;
      if (answer.data !== undefined || answer.errors?.length) return answer;
    } catch {
      // Not from the API: a proxy's page, or an answer that broke off. Dealt with below like any other.
    }
    if (status >= 500 || status === 429 || status < 400) throw new Unanswered(`HTTP ${status}`);
    throw new ApiError(`HTTP ${status}: ${text.slice(0, 200)}`, `HTTP_${status}`);
  }
}

/** Runs `task` for every item, at most `width` at once; the results stand in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
