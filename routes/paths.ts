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
  csv: "/user/security/connections.csv",
  password: "/user/security/password",
  static: (name: string) => `/static/${name}`,
} as const;

/** A path with a query of what is set; no question mark when nothing is. */
export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

/**
 * Where to go after signing in: `next` when it is a path of this site, else the history. Browsers read `//host`, `/\host` and
 * a tab inside as another site (ASVS 3.7.2), and once decoded some servers do: none of them pass.
 */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next)) return paths.connections;
  if (/\\|%5c|^\/(\/|%2f)|%(0|1|7f)/i.test(next) || next.startsWith(paths.signIn)) return paths.connections;
  return URL.canParse(next, "http://localhost") ? next : paths.connections;
}
