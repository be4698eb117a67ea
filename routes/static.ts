import { Hono } from "hono";
import { encode, findAsset } from "../http/assets.ts";
import type { Env } from "../http/env.ts";

export const staticFiles = new Hono<Env>();

staticFiles.get("/:name", async (c) => {
  const asset = findAsset(c.req.param("name"));
  if (!asset) return c.notFound();

  const { bytes, encoding } = await encode(asset, c.req.header("Accept-Encoding") ?? "");
  return c.body(bytes, 200, {
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
    ...(encoding && { "Content-Encoding": encoding }),
  });
});
