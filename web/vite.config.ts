import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** The same for the same sources, whoever builds them: a screen that is moved to another node must not load itself anew. */
function versionOfSources(): string {
  const hash = createHash('sha256');
  const files = ['src', 'messages', 'static', 'fonts'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name)),
  );
  for (const file of [...files.sort(), 'vite.config.ts', '../package-lock.json']) {
    hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ out: '../build/web' }),
      version: { name: versionOfSources() },
      csp: {
        mode: 'auto',
        directives: {
          'default-src': ['self'],
          // The scanner decodes pictures with WebAssembly.
          'script-src': ['self', 'wasm-unsafe-eval'],
          'style-src': ['self'],
          // Svelte's `style:` directives; what they hold is numbers and colours, never text from outside.
          'style-src-attr': ['unsafe-inline'],
          'img-src': ['self', 'data:', 'blob:'],
          'media-src': ['self', 'blob:'],
          'connect-src': ['self', 'ws:', 'wss:'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'frame-ancestors': ['self'],
        },
      },
    }),
  ],
  // The policy above lets fonts come from files only.
  build: { assetsInlineLimit: 0 },
  server: {
    proxy: {
      '/graphql': { target: process.env.API_ORIGIN ?? 'http://127.0.0.1:4000', ws: true },
    },
  },
});
