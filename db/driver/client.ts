import { openEmbedded } from "./embedded.ts";
import type { DatabaseClient } from "./prepared.ts";
import { openRemote } from "./remote.ts";

/** Opens the embedded (`file:…`, `:memory:`) or remote (`libsql:…`, `https:…`) database. All that others ask of it is `isRemote`. */
export function openClient(url: string, authToken?: string): Promise<DatabaseClient> {
  return url.startsWith("file:") || url === ":memory:" ? openEmbedded(url) : openRemote(url, authToken);
}
