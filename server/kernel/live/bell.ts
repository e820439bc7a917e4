import pg from 'pg';
import type { Logger } from 'pino';

const patience = {
  /** A line that has gone silent looks like an idle one, so it is asked for a sign of life this often … */
  heartbeatMs: 10_000,
  /** … and given up when none comes within this time. The same holds for opening it. */
  answerMs: 5_000,
};

/**
 * Listens to one channel of PostgreSQL's NOTIFY on a connection of its own, and comes back for ever when that is lost.
 * A bell carries no data and may be missed: whoever hears it reads the log, and looks at the log now and then anyway.
 */
export class Bell {
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private attempts = 0;
  private closed = false;

  /** `onRing` gets the payload; null after every new connection, when something may have been missed. */
  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly onRing: (payload: string | null) => void,
    private readonly log: Logger,
    private readonly timing = patience,
  ) {}

  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'baihua bell',
      connectionTimeoutMillis: this.timing.answerMs,
      query_timeout: this.timing.answerMs,
    });
    this.client = client;
    const lost = (error?: Error) => {
      if (this.client !== client) return;
      this.client = undefined;
      clearTimeout(this.heartbeat);
      client.end().catch(() => {});
      this.reconnectLater(error);
    };
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', (message) => this.onRing(message.payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(this.channel)}`);
    } catch (error) {
      lost(error as Error);
      return;
    }
    this.attempts = 0;
    const stayAwake = () => {
      if (this.client !== client) return;
      this.heartbeat = setTimeout(() => client.query('select').then(stayAwake, lost), this.timing.heartbeatMs);
    };
    stayAwake();
    if (this.client === client) this.onRing(null);
  }

  private reconnectLater(error?: Error): void {
    if (this.closed) return;
    const delayMs = Math.min(100 * 2 ** this.attempts++, 2_000) * (0.5 + Math.random() / 2);
    this.log.warn({ err: error, delayMs: Math.round(delayMs) }, 'the bell is lost; listening again soon');
    this.retry = setTimeout(() => void this.open(), delayMs);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.heartbeat);
    const client = this.client;
    this.client = undefined;
    await client?.end().catch(() => {});
  }
}
