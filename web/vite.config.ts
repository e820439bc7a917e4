import adapter from '@sveltejs/adapter-node';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter({ out: '../build/web' }),
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
