import assert from "node:assert/strict";
import { load } from "cheerio";
import { ORIGIN, type Reply } from "../app.ts";

/** Attributes whose values vary; links are checked separately. */
const FREE = ["value", "datetime", "data-passkey"];
const LINKS = ["href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"];
const GEOLITE = "https://www.maxmind.com";
const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/g;

export type Element = { name: string; attributes: Record<string, string>; children: Element[] };

/** Parses a page as a browser does, and a fragment as htmx does. */
export function elementsOf(text: string): Element[] {
  if (text.startsWith("<!doctype html>")) return childrenOf(load(text).root()[0]!);
  const response = text.replace(/<hx-([a-z]+)(\s+|>)/gi, '<template hx type="$1"$2').replace(
    /<\/hx-[a-z]+>/gi,
    "</template>",
  );
  return childrenOf(load(`<template>${response}</template>`, null, false).root()[0]!);
}

type ParsedNode = { type: string; name?: string; attribs?: Record<string, string>; children?: ParsedNode[] };

/** A template's content is a nested document. */
function childrenOf(node: ParsedNode): Element[] {
  return (node.children ?? []).flatMap((child) => {
    if (child.name === undefined) return childrenOf(child);
    return [{ name: child.name, attributes: child.attribs ?? {}, children: childrenOf(child) }];
  });
}

/** A QR code, which is another one in each answer. */
const SQUARES = /^(M\d+ \d+h1v1h-1z)+$/;

/** The part of an answer that no input may change: its nested elements, with their attributes and fixed values. */
export function shapeOf(text: string): string {
  return elementsOf(text).map(shapeOfOne).join("");
}

function shapeOfOne(element: Element): string {
  return `${tagOf(element)}${element.children.map(shapeOfOne).join("")}</>`;
}

function tagOf({ name, attributes }: Element): string {
  const written = Object.entries(attributes).map(([attribute, value]) =>
    FREE.includes(attribute) || LINKS.includes(attribute)
      ? attribute
      : `${attribute}=${value.replace(UUID, "ID").replace(SQUARES, "squares")}`
  );
  return `<${[name, ...written.sort()].join(" ")}>`;
}

/** Each element's tag, with its parent's name. */
export function tagsOf(text: string): string[] {
  const below = (parent: Element): string[] =>
    parent.children.flatMap((child) => [`${parent.name} ${tagOf(child)}`, ...below(child)]);
  return below({ name: "", attributes: {}, children: elementsOf(text) });
}

/** Asserts what holds for every answer: no server error, no link to another site, no unknown cookie and, if given, only `known` tags. */
export function assertHarmless({ status, headers, text }: Reply, known?: Set<string>): void {
  assert.ok(status >= 200 && status < 500, `answered ${status}`);
  for (const name of ["Location", "HX-Redirect", "HX-Push-Url", "HX-Location", "HX-Replace-Url"]) {
    const path = headers.get(name);
    // The gate's are absolute, for proxies.
    if (path !== null) {
      assertOwnPath(path.startsWith("http") ? path.replace(/^http:\/\/(localhost|127\.0\.0\.1):8000(?=\/)/, "") : path);
    }
  }
  for (const cookie of headers.getSetCookie()) {
    assert.match(
      cookie,
      /^(form|session|browser|notice|pending)-8000=[\w.-]*;( Max-Age=\d+;)? Path=\/; HttpOnly; SameSite=Lax$/,
    );
  }
  const type = headers.get("Content-Type");
  if (type === null) return assert.equal(text, "");
  assert.match(
    type,
    /^(text\/html; charset=UTF-8|text\/(plain|csv|css|javascript); charset=utf-8|image\/svg\+xml|application\/json)$/i,
  );
  if (!type.startsWith("text/html")) return;

  const tags = tagsOf(text);
  if (known) assert.deepEqual(tags.filter((tag) => !known.has(tag)), []);
  assertOwnLinks(elementsOf(text));
}

function assertOwnLinks(elements: Element[]): void {
  for (const { attributes, children } of elements) {
    for (const name of LINKS) {
      const link = attributes[name];
      if (link === undefined || link === GEOLITE || /^#[a-z-]+$/.test(link)) continue;
      // A query alone leads to the same page.
      assertOwnPath(link.replace(/^(?=\?)/, "/"));
    }
    assertOwnLinks(children);
  }
}

/** Asserts that a path stays on this site in a browser, and in a server that decodes it once more. */
export function assertOwnPath(path: string): void {
  assert.match(path, /^\/(?![/\\])[\x21-\x7e]*$/, path);
  assert.equal(new URL(path, ORIGIN).origin, ORIGIN, path);
  assert.doesNotMatch(new URL(path, ORIGIN).pathname, /^\/(\/|\\|%2f|%5c|%0)/i, path);
}
