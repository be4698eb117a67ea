import fc from "fast-check";

/** Inputs for each property: few in a test run, more in `deno task fuzz`. A property that needs no page takes a multiple. */
export const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 20);

// Only `deno task fuzz` looks for new inputs: a test run gives the same result for the same code.
if (!Deno.env.has("FUZZ_RUNS")) fc.configureGlobal({ seed: 1 });

/** Known ways to break out of texts, attributes, headers, queries and templates. */
const BREAKERS = [
  `"><img src=x onerror=alert(1)>`,
  `'><svg/onload=alert(1)>`,
  `" autofocus onfocus=alert(1) x="`,
  `' onmouseover='alert(1)`,
  "` onclick=alert(1) `",
  `</title></textarea></select></style></script><script>alert(1)</script>`,
  `</template></hx-partial><hx-partial hx-target="body" hx-swap="innerHTML"><b>`,
  `</td></tr></table><iframe srcdoc="<script>alert(1)</script>">`,
  `<base href="//evil.example/">`,
  `<meta http-equiv=refresh content="0;url=//evil.example">`,
  `<a href="https://evil.example" hx-get="https://evil.example">`,
  `<form action=//evil.example><input name=password>`,
  "<!--",
  "--!>",
  "<![CDATA[",
  "]]>",
  "<",
  `"`,
  "'",
  "&",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "&#60;img src=x&#62;",
  "&quot; onfocus=alert(1) x=&quot;",
  "&#x22;&#x3e;",
  "javascript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "//evil.example",
  "https://evil.example/",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "?next=//evil.example",
  "${7*7}",
  "{{7*7}}",
  "<%= 7*7 %>",
  `\\"}]}`,
  "\\u003cscript\\u003e",
  "__proto__",
  "constructor",
  "toString",
  "'; drop table users; --",
  "' or '1'='1",
  "../../../../etc/passwd",
  "%",
  "%2",
  "%GG",
  "%00",
  "%0d%0aSet-Cookie:session=x",
  "%25%30%30",
  "%252f%252fevil.example",
  "%c0%ae%c0%ae",
  "%ED%A0%80",
  "%ff",
  "\0",
  "\r\nSet-Cookie: session=x\r\n\r\n<script>",
  "\n",
  "\t",
  "\x1b[2J",
  "\u0085",
  "\u00a0",
  "\u00ad",
  "\u2028",
  "\u202e",
  "\u2066",
  "\u200f",
  "\ufeff",
  "\uffff",
  "\ud83d",
  "\ude00",
  "\u{1f600}",
  "\u{e0041}",
  "İıſK",
  "＜script＞alert(1)＜/script＞",
  "＂＞",
  "＝1+1",
  `=HYPERLINK("https://evil.example","x")`,
  "@SUM(1+1)*cmd|' /C calc'!A0",
  "[object Object]",
  "undefined",
  "NaN",
  "-1",
  "99999999999999999999",
  "x".repeat(3_000),
  "<".repeat(2_000),
  "%".repeat(2_000),
];

const breaker = fc.constantFrom(...BREAKERS);

/** Any UTF-16, unpaired surrogates included. */
const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((units) => String.fromCharCode(...units));

/** One breaker, several with text in between, or any text. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: breaker },
  {
    weight: 4,
    arbitrary: fc.array(fc.oneof(breaker, fc.string({ unit: "binary", maxLength: 8 }), anyUnits), { maxLength: 4 })
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme" }) },
  { weight: 1, arbitrary: anyUnits },
);

/** The same in a URL or a form's body: encoded once, twice or not at all. */
export const inUrl: fc.Arbitrary<string> = fc.tuple(hostile, fc.nat({ max: 5 })).map(([text, how]) => {
  if (how === 0) return text.toWellFormed();
  const once = encodeURIComponent(text.toWellFormed());
  return how === 1 ? encodeURIComponent(once) : once;
});

/** The same in a header, without line ends and NUL: as UTF-8, or reduced to Latin-1. */
export const inHeader: fc.Arbitrary<string> = fc.tuple(hostile, fc.boolean()).map(([text, isUtf8]) => {
  const bytes = isUtf8
    ? new TextEncoder().encode(text)
    : [...text].map((character) => character.codePointAt(0)! & 0xff);
  return String.fromCharCode(...bytes).replace(/[\0\r\n]/g, "");
});

/** An encoded query or form with known and unknown names, possibly repeated, within the length limit. */
export function pairs(...known: string[]): fc.Arbitrary<string> {
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: inUrl });
  const pair = fc.tuple(name, inUrl).map(([name, value]) => `${name}=${value}`);
  return fc.array(fc.oneof({ weight: 9, arbitrary: pair }, { weight: 1, arbitrary: inUrl }), { maxLength: 5 })
    .map((sent) => sent.join("&"))
    // Of the whole URL, because a request keeps a fragment too.
    .filter((sent) => new URL(`http://localhost/?${sent}`).href.length <= 8_000);
}
