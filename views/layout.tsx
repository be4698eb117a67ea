import { html, raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Language, Theme } from "../db/schema.ts";
import { assetPath } from "../http/assets.ts";
import type { Owner, Section } from "../http/env.ts";
import { PAGE_HEADER, paths, pathsBelow } from "../http/paths.ts";
import { type Texts, textsOf } from "../words/texts.ts";
import { CsrfField } from "./fields.tsx";
import { Notifications } from "./notifications.tsx";

// A 4xx is the form again; a 5xx is only a notification. Morphing keeps focus, and what the reader opened.
const HTMX = html`<meta name="htmx-config" content='${
  raw(JSON.stringify({
    noSwap: [204, 304, "5xx"],
    includeIndicatorCSS: false,
    morphIgnore: ["data-htmx-powered", "tabindex", "open"],
  }))
}'>`;

export function Layout(
  {
    title,
    brand,
    home,
    header,
    path,
    owner,
    connection,
    theme,
    notice,
    sections,
    usesPasskeys,
    t,
    children,
  }: {
    title: string;
    brand: string;
    home: string;
    header: ((owner: Owner | null, language: Language) => Child) | undefined;
    path: string;
    owner: Owner | null;
    /** The one that the page is made for. */
    connection: string | undefined;
    theme: Theme | null;
    notice: Child;
    sections: Section[];
    usesPasskeys: boolean;
    t: Texts;
    children?: Child;
  },
) {
  return (
    <html lang={t.language} data-theme={theme ?? undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme ?? "light dark"} />
        {HTMX}
        <PageTitle title={title} brand={brand} />
        <link rel="icon" href={assetPath("icon")} />
        <link rel="stylesheet" href={assetPath("css")} />
        <script src={assetPath("htmx")} defer></script>
        <script src={assetPath("js")} defer></script>
        {usesPasskeys && <script type="module" src={assetPath("passkeys")}></script>}
      </head>
      <body hx-headers:inherited={connection && `${PAGE_HEADER}:${connection}`}>
        <a class="skip" href="#main">{t.layout.skip}</a>
        {header ? header(owner, t.language) : <Header owner={owner} brand={brand} home={home} />}
        <div class={owner ? "shell" : "shell narrow"}>
          {owner && <Sections {...{ path, sections, t }} />}
          <main id="main" tabindex={-1}>
            {(owner || notice) && <Notifications t={t}>{notice}</Notifications>}
            {children}
          </main>
        </div>
        <footer class="foot">
          <p>
            {t.layout.attribution(<a href="https://www.maxmind.com">www.maxmind.com</a>)}
          </p>
        </footer>
        <dialog id="dialog" aria-labelledby="dialog-title" aria-describedby="dialog-text"></dialog>
      </body>
    </html>
  );
}

export function PageHead({ title, lead }: { title: string; lead: string }) {
  return (
    <div class="head">
      <div class="head-text">
        <h1>{title}</h1>
        <p>{lead}</p>
      </div>
    </div>
  );
}

export function PageTitle({ title, brand }: { title: string; brand: string }) {
  return <title>{`${title} · ${brand}`}</title>;
}

function Header({ owner, brand, home }: { owner: Owner | null; brand: string; home: string }) {
  return (
    <header class="bar">
      <a class="brand" href={home}>
        <img src={assetPath("icon")} width="24" height="24" alt="" />
        <span class="brand-name">{brand}</span>
      </a>
      {owner && <UserMenu owner={owner} />}
    </header>
  );
}

/** The owner's menu: links to the area and to signing out. In a header of your own it needs the area's style sheet. */
export function UserMenu({ owner }: { owner: Owner }): HtmlEscapedString | Promise<HtmlEscapedString> {
  const { layout } = textsOf(owner.language);
  const paths = pathsBelow(owner.base);
  return (
    <nav aria-label={layout.menu}>
      <details class="menu">
        <summary>{layout.menu}</summary>
        <div class="menu-items">
          <p class="menu-owner">{owner.email}</p>
          <a href={paths.security}>{layout.area}</a>
          <form method="post" action={paths.signOut}>
            <CsrfField csrf={owner.csrf} />
            <button type="submit">{layout.signOut}</button>
          </form>
        </div>
      </details>
    </nav>
  );
}

function isBelow(path: string, sections: string[]): boolean {
  return sections.some((section) => path.startsWith(section));
}

function Sections({ path, sections, t }: { path: string; sections: Section[]; t: Texts }) {
  // The email page is below the methods, or below the password where there are no methods.
  const email = [paths.email];
  const own = {
    history: { href: paths.connections, name: t.history.title, below: [] },
    password: { href: paths.password, name: t.password.title, below: sections.includes("methods") ? [] : email },
    methods: { href: paths.methods, name: t.methods.title, below: email },
    preferences: { href: paths.preferences, name: t.preferences.title, below: [] },
  };
  const links = sections.map((section) => typeof section === "string" ? own[section] : { ...section, below: [] });
  return (
    <nav class="sections" aria-label={t.layout.area}>
      <p class="sections-title">{t.layout.area}</p>
      {links.map(({ href, name, below }) => (
        <a href={href} aria-current={path === href ? "page" : isBelow(path, [href, ...below]) ? "true" : undefined}>
          {typeof name === "string" ? name : name(t.language)}
        </a>
      ))}
    </nav>
  );
}
