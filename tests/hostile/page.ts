import assert from "node:assert/strict";
import { load } from "cheerio";
import { type Answer, ORIGIN } from "../app.ts";

/** Attributes whose values differ from page to page; those that lead somewhere are looked at by themselves. */
const FREE = ["value", "datetime"];
const LINKS = ["href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"];
const GEOLITE = "https://www.maxmind.com";
const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|(?<=^c-)[\da-f]{4}-[\da-f]{12}/g;

export type Element = { name: string; attributes: Record<string, string>; children: Element[] };

/** The elements that an HTML parser finds, of a whole page as a browser reads it and of a piece as htmx does. */
export function elementsOf(text: string): Element[] {
  if (text.startsWith("<!doctype html>")) return childrenOf(load(text).root()[0]!);
  const response = text.replace(/<hx-([a-z]+)(\s+|>)/gi, '<template hx type="$1"$2').replace(
    /<\/hx-[a-z]+>/gi,
    "</template>",
  );
  return childrenOf(load(`<template>${response}</template>`, null, false).root()[0]!);
}

type ParsedNode = { type: string; name?: string; attribs?: Record<string, string>; children?: ParsedNode[] };

/** The content of a template is a document of its own in it. */
function childrenOf(node: ParsedNode): Element[] {
  return (node.children ?? []).flatMap((child) => {
    if (child.name === undefined) return childrenOf(child);
    return [{ name: child.name, attributes: child.attribs ?? {}, children: childrenOf(child) }];
  });
}

/** What a template wrote and no input may change: which elements stand in which, with which attributes and fixed values. */
export function shapeOf(text: string): string {
  return elementsOf(text).map(shapeOfOne).join("");
}

function shapeOfOne(element: Element): string {
  return `${tagOf(element)}${element.children.map(shapeOfOne).join("")}</>`;
}

function tagOf({ name, attributes }: Element): string {
  const written = Object.entries(attributes).map(([attribute, value]) =>
    FREE.includes(attribute) || LINKS.includes(attribute) ? attribute : `${attribute}=${value.replace(UUID, "ID")}`
  );
  return `<${[name, ...written.sort()].join(" ")}>`;
}

/** Each element of a page as it stands in its parent. */
export function tagsOf(text: string): string[] {
  const below = (parent: Element): string[] =>
    parent.children.flatMap((child) => [`${parent.name} ${tagOf(child)}`, ...below(child)]);
  return below({ name: "", attributes: {}, children: elementsOf(text) });
}

/**
 * What holds for every answer, whatever was sent: no fault of the server, no way to another site, no cookie but ours, and where
 * `known` says what the templates write, nothing else.
 */
export function assertHarmless({ status, headers, text }: Answer, known?: Set<string>): void {
  assert.ok(status >= 200 && status < 500, `answered ${status}`);
  for (const name of ["Location", "HX-Redirect", "HX-Push-Url", "HX-Location", "HX-Replace-Url"]) {
    const leads = headers.get(name);
    if (leads !== null) assertOwnPath(leads);
  }
  for (const cookie of headers.getSetCookie()) {
    assert.match(cookie, /^(form|session|notice)=[\w.-]*;( Max-Age=\d+;)? Path=\/; HttpOnly; SameSite=Lax$/);
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
      if (link === undefined || link === GEOLITE || /^#[a-z]+$/.test(link)) continue;
      // A query alone stays on the page that it stands on.
      assertOwnPath(link.replace(/^(?=\?)/, "/"));
    }
    assertOwnLinks(children);
  }
}

/** Whether a browser, and a server that decodes it once more, stays on this site. */
export function assertOwnPath(path: string): void {
  assert.match(path, /^\/(?![/\\])[\x21-\x7e]*$/, path);
  assert.equal(new URL(path, ORIGIN).origin, ORIGIN, path);
  assert.doesNotMatch(new URL(path, ORIGIN).pathname, /^\/(\/|\\|%2f|%5c|%0)/i, path);
}
