import { openEmbedded } from "./embedded.ts";
import type { DatabaseClient } from "./prepared.ts";
import { openRemote } from "./remote.ts";

/** Opens the embedded (`file:…`, `:memory:`) or remote (`libsql:…`, `https:…`) database. Only this room knows which it is. */
export function openClient(url: string, authToken?: string): Promise<DatabaseClient> {
  return url.startsWith("file:") || url === ":memory:" ? openEmbedded(url) : openRemote(url, authToken);
}
