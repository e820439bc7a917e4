import 'reflect-metadata';
import { join } from 'node:path';
import { createApp } from '../../server/app.js';
import { serve } from './worker.js';
import { benchConfig, quiet } from './world.js';

/** The product in a process of its own, as it is shipped; `pages` adds the web. Answers where it listens. */
export interface ProductInput {
  databaseUrl: string;
  pages?: boolean;
}

serve(async ({ databaseUrl, pages }: ProductInput) => {
  const webHandler = pages ? join(process.cwd(), 'build/web/handler.js') : undefined;
  const { url } = await createApp({ ...benchConfig(databaseUrl), webHandler }, { log: quiet });
  return url.replace('localhost', '127.0.0.1');
});
