/** Every URL of the area; handlers, views and tests name them here. */
export const paths = {
  home: "/",
  health: "/health",
  signIn: "/sign-in",
  signOut: "/sign-out",
  security: "/user/security",
  connections: "/user/security/connections",
  live: "/user/security/connections/live",
  closeAll: "/user/security/connections/close",
  closeOne: (id: string) => `/user/security/connections/${encodeURIComponent(id)}/close`,
  answer: (id: string) => `/user/security/connections/${encodeURIComponent(id)}/answer`,
  csv: "/user/security/connections.csv",
  password: "/user/security/password",
  preferences: "/user/security/preferences",
  /** Where password managers look for the page that changes a password (W3C, "A well-known URL for changing passwords"). */
  changePassword: "/.well-known/change-password",
  static: (name: string) => `/static/${name}`,
} as const;

/** A path with a query of what is set; no question mark when nothing is. */
export function withQuery(path: string, query: Record<string, string | undefined>): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

/**
 * Where to go after signing in: `next` when it is a path of this site, else the history (ASVS 3.7.2). It is read as browsers
 * read it, so that `/\\host`, `/x/..//host` and a tab in between count as what they lead to: another site, or a path that some
 * server takes for one once it has decoded `%2f`. Nor does it lead to the sign-in and sign-out pages, which would be a circle.
 */
export function safeNext(next: string | undefined): string {
  const url = next !== undefined && /^\/[\x21-\x7e]*$/.test(next) ? URL.parse(next, ANY_SITE) : null;
  if (url?.origin !== ANY_SITE) return paths.connections;

  const path = url.pathname + url.search;
  return /^\/(\/|%2f|sign-)|\\|%5c|%[01]|%7f/i.test(path) ? paths.connections : path;
}

const ANY_SITE = "http://localhost";
