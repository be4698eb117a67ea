/** Whether a text is this origin; the names of the loopback count as one. */
export function isSameOrigin(text: string, origin: URL): boolean {
  const other = URL.parse(text);
  if (!other || other.href !== `${other.protocol}//${other.host}/`) return false;
  return other.protocol === origin.protocol && other.port === origin.port &&
    (other.hostname === origin.hostname || isLoopback(other.hostname) && isLoopback(origin.hostname));
}

/** Whether a URL's host name is one of the loopback's. */
export function isLoopback(hostname: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
