/** Everything the door bounds, in one place. Promised to callers in numbers: a change here is a change of contract. */
export const limits = {
  // Documents, the same on both transports. Counts are taken after fragments are spread.
  tokens: 1_000,
  depth: 15,
  aliases: 30,
  directives: 50,
  /** Fields that one execution may visit: fragments inside fragments multiply, and no list is needed for that. */
  fields: 2_000,
  /** The same field again at the same level. */
  repeats: 50,
  /** Characters. */
  documentLength: 16 * 1024,
  /** Objects that a document may ask for: the product of `first` down the nesting, summed. */
  nodes: 250_000,
  first: 100,
  /**
   * What a partner organisation may spend at once, one point for each object of its answers, and how much of it comes back
   * in a second.
   */
  budget: 20_000,
  budgetPerSecond: 1_000,
  /** Errors that one document gets told at once. */
  errorsPerDocument: 10,

  // Validated documents that are kept: enough for every page and partner, few enough for hostile ones to cost little.
  cachedDocuments: 250,

  // HTTP
  bodyBytes: 256 * 1024,
  /** From the first byte of a request to its last. */
  requestMs: 20_000,
  /** Longer than a proxy in front keeps its own end open, so that it is the proxy that closes. */
  keepAliveMs: 65_000,

  // Sockets
  sockets: 10_000,
  frameBytes: 64 * 1024,
  streamsPerSocket: 100,
  connectionInitMs: 10_000,
  pingMs: 20_000,
  /** What may wait for a slow reader before it is cut off. */
  bufferedBytes: 256 * 1024,
  /** How long a reader may take nothing at all. */
  stalledMs: 30_000,
  /** How long a socket that was told to close may take to say goodbye. */
  goodbyeMs: 10_000,

  /** How often the door looks for sockets to ping or cut off and for half-sent requests. */
  sweepMs: 1_000,

  // Closing. Together they stay below ten seconds: what watches over processes often kills them by then.
  /**
   * How long a drain takes to tell its sockets to go, evenly spread, so that they do not all knock elsewhere at once.
   * Requests are answered as before meanwhile: a balancer has the time to see that `/health/ready` says 503.
   */
  spreadMs: 5_000,
  /** How long operations that are in flight after that may take to end. */
  drainMs: 4_000,
};
export type Limits = Readonly<typeof limits>;

/** Codes that a socket is closed with, besides those of the graphql-transport-ws protocol and RFC 6455. */
export const closeCodes = {
  /** The server stops, or a deploy replaces it. Reconnect, spread over a few seconds. */
  goingAway: 1001,
  /** A fault on our side. Reconnect with backoff; graphql-ws's clients do, which they would not on 4500. */
  tryAgainLater: 1013,
  /** Not a message of the protocol. */
  badRequest: 4400,
  /** No `connection_init` within {@link Limits.connectionInitMs}. */
  initTooLate: 4408,
  /** The key is unknown or was revoked. Reconnecting with it is useless. */
  forbidden: 4403,
  /** The reader is too slow: {@link Limits.bufferedBytes} unsent, or nothing taken for {@link Limits.stalledMs}. */
  tooSlow: 4410,
} as const;

export const closeReasons = {
  goingAway: 'Going away: reconnect',
  tryAgainLater: 'Try again later',
  badRequest: 'Invalid message received',
  initTooLate: 'Connection initialisation timeout',
  forbidden: 'Forbidden',
  tooSlow: 'Too slow: reconnect and resume with your cursor',
} as const satisfies Record<keyof typeof closeCodes, string>;
