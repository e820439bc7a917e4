import type { Answer, TestApp } from './app.js';

/** Keeps a session's cookie as a browser does, and says where it asks from. */
export class Browser {
  cookie: string | undefined;

  constructor(
    app: Pick<TestApp, 'url'>,
    readonly headers: Record<string, string> = {},
    private readonly url = app.url,
  ) {}

  // A test knows what it asked for; `T` where it matters.
  // oxlint-disable-next-line typescript/no-explicit-any
  async ask<T = any>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> {
    const response = await this.send(query, variables);
    return (await response.json()) as Answer<T>;
  }

  async send(query: string, variables: Record<string, unknown> = {}): Promise<Response> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'accept-language': 'zh-CN',
        'user-agent': 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
        origin: this.url,
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...this.headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    for (const header of response.headers.getSetCookie()) {
      const [pair = ''] = header.split(';');
      this.cookie = pair.endsWith('=') ? undefined : pair;
    }
    return response;
  }

  async signIn(login: string, password: string): Promise<SignInAnswer> {
    const { data, errors } = await this.ask(
      `mutation ($input: SignInInput!) { signIn(input: $input) { __typename
        ... on SignedIn { viewer { role name unit { code } account { login } } }
        ... on SignInRefused { reason message } } }`,
      { input: { login, password } },
    );
    return { ...data?.signIn, code: errors?.[0]?.extensions.code, errors };
  }

  async role(): Promise<string> {
    return (await this.ask('{ viewer { role } }')).data!.viewer.role;
  }
}

export interface SignInAnswer {
  __typename?: string;
  viewer?: { role: string; name: string | null; unit: { code: string } | null; account: { login: string } | null };
  reason?: string;
  message?: string;
  code?: string;
  errors?: Answer['errors'];
}

/** A browser that has signed in; throws when that does not go well. */
export async function signedIn(
  app: Pick<TestApp, 'url'>,
  login: string,
  password: string,
  headers?: Record<string, string>,
): Promise<Browser> {
  const browser = new Browser(app, headers);
  const answer = await browser.signIn(login, password);
  if (answer.__typename !== 'SignedIn') throw new Error(`could not sign in: ${JSON.stringify(answer)}`);
  return browser;
}
