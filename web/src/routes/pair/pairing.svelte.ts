import type { Locale } from '#lib/locale.ts';
import { request } from '#lib/request.ts';
import { beginPairing, collectPairing } from './pair.graphql.ts';

const askMs = 2_000;

/** A display that shows a code until a coordinator confirms it: then it has a token. */
export class Pairing {
  code = $state.raw('');
  state = $state.raw<'waiting' | 'renewing' | 'offline' | 'done'>('waiting');

  #timer: ReturnType<typeof setTimeout> | undefined;
  #secret = '';
  #closed = false;

  open(locale: Locale, onToken: (token: string) => void): () => void {
    const step = async () => {
      try {
        if (!this.#secret) {
          const { beginPairing: begun } = await request(fetch, beginPairing, {}, { locale });
          this.#secret = begun.secret;
          this.code = begun.code;
        } else {
          const { collectPairing: result } = await request(fetch, collectPairing, { secret: this.#secret }, { locale });
          if (this.#closed) return;
          if (result.__typename === 'DisplayToken') {
            this.state = 'done';
            return onToken(result.token);
          }
          if (result.__typename === 'PairingExpired') {
            this.#secret = '';
            this.state = 'renewing';
          } else this.state = 'waiting';
        }
      } catch {
        this.state = 'offline';
      }
      if (!this.#closed) this.#timer = setTimeout(() => void step(), askMs);
    };
    void step();
    return () => {
      this.#closed = true;
      clearTimeout(this.#timer);
    };
  }
}
