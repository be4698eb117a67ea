/** Every URL of the area; handlers, views and tests name them here. */
export const paths = {
  home: "/",
  health: "/health",
  signIn: "/sign-in",
  signOut: "/sign-out",
  security: "/user/security",
  connections: "/user/security/connections",
  closeAll: "/user/security/connections/close",
  closeOne: (id: string) => `/user/security/connections/${encodeURIComponent(id)}/close`,
  answer: (id: string) => `/user/security/connections/${encodeURIComponent(id)}/answer`,
  csv: "/user/security/connections.csv",
  password: "/user/security/password",
  preferences: "/user/security/preferences",
  static: (name: string) => `/static/${name}`,
} as const;

/** A path with a query of what is set; no question mark when nothing is. */
export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

/**
 * Where to go after signing in: `next` when it is a path of this site, else the history (ASVS 3.7.2). Browsers read `//host`,
 * `/\host` and a tab in between as another site, and so do some servers once they have decoded `%2f`: none of them pass. Nor do
 * the sign-in and sign-out pages, which would lead in a circle.
 */
export function safeNext(next: string | undefined): string {
  const isPath = next !== undefined && /^\/(?!\/|%2f|sign-)[\x21-\x7e]*$/i.test(next);
  return isPath && !/\\|%5c|%[01]|%7f/i.test(next) ? next : paths.connections;
}
