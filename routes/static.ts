import { Hono } from "hono";
import { encode, findAsset } from "../http/assets.ts";
import type { Env } from "../http/env.ts";
import { paths } from "../http/paths.ts";
import { notFound } from "../http/refusal.ts";

export const staticFiles = new Hono<Env>();

// Hono's serveStatic knows no fingerprints, and reads the file at each request.
staticFiles.get(paths.static(":name"), async (c) => {
  const asset = findAsset(c.req.param("name"));
  if (!asset) throw notFound();

  const { bytes, encoding } = await encode(asset, c.req.header("Accept-Encoding") ?? "");
  return c.body(bytes, 200, {
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
    ...(encoding && { "Content-Encoding": encoding }),
  });
});
