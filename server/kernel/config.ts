import { parseDataKeys } from './data-key.js';

/** How one process of Baihua is set up. Everything has a default: `npm start` needs no environment at all. */
export interface Config {
  /** The one port that serves pages, GraphQL and sockets; 0 picks a free one. */
  port: number;
  /** The interface to listen on. */
  host: string;
  /** A PostgreSQL to use; without it the application starts and supervises its own below `dataDir`. */
  databaseUrl?: string;
  /** Where the embedded database and the demo keys live. */
  dataDir: string;
  /** Keys for personal data, the newest first; without them the file `data-key` below `dataDir` is used. */
  dataKey?: string;
  /** IANA name of the community's time zone: decides when "today" is. */
  timeZone: string;
  /** A module that fills an empty database; its default export is a `Seed`. Without it an empty database stays empty. */
  seedModule?: string;
  /** The built web handler; without it only the API is served. */
  webHandler?: string;
  /** Origins, besides the server's own, whose pages may call the API. */
  allowedOrigins: string[];
  /** How many proxies stand in front and add to X-Forwarded-For: by it clients are told apart. */
  trustedProxies: number;
  logLevel: string;
  /** One JSON object a line, for machines; readable lines otherwise. */
  logJson: boolean;
}

/** Reads the configuration from the environment; throws an Error that names the variable and what it may hold. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  return {
    port: readPort(env.PORT),
    host: env.HOST || '0.0.0.0',
    databaseUrl: readDatabaseUrl(env.DATABASE_URL),
    dataDir: env.DATA_DIR || '.data',
    dataKey: readDataKey(env.DATA_KEY),
    timeZone: readTimeZone(env.TIME_ZONE || 'Asia/Shanghai'),
    seedModule: env.SEED_MODULE || undefined,
    webHandler: env.WEB_HANDLER || undefined,
    allowedOrigins: (env.ALLOWED_ORIGINS ?? '')
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    trustedProxies: readTrustedProxies(env.TRUST_PROXY),
    logLevel: env.LOG_LEVEL || 'info',
    logJson: env.NODE_ENV === 'production',
  };
}

function readPort(text: string | undefined): number {
  const port = Number(text || 4000);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`PORT is "${text}"; it must be a whole number from 0 to 65535.`);
  }
  return port;
}

function readTrustedProxies(text: string | undefined): number {
  if (!/^\d?$/.test(text ?? '')) {
    throw new Error(`TRUST_PROXY is "${text}"; it must be the number of proxies in front, from 0 to 9.`);
  }
  return Number(text ?? 0);
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) {
    throw new Error('DATABASE_URL must look like postgresql://user:password@host:5432/database.');
  }
  return text;
}

function readDataKey(text: string | undefined): string | undefined {
  if (!text) return undefined;
  // Says what is wrong with it now, and not a part of it.
  parseDataKeys(text);
  return text;
}

function readTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new Error(`TIME_ZONE is "${text}"; it must be an IANA name such as Asia/Shanghai.`);
  }
}
