import { type Owner, UserMenu } from "@connection-history/area";

/** The header of Acme's pages and of the area, whose policy forbids inline styles: it links a style sheet. */
export function Header(owner: Owner | null) {
  return (
    <header class="bar acme">
      <link rel="stylesheet" href="/acme.css" />
      <a class="brand" href="/">Acme Hosting</a>
      {owner && <UserMenu owner={owner} />}
    </header>
  );
}

export const STYLES = ".acme { border-top: 4px solid #6d3fc0 }";

/** Acme's own page. The area's style sheet is for the menu in its header. */
export function homePage(owner: Owner, plan: string, styleSheet: string): string {
  const page = (
    <html lang="en">
      <head>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Your plan · Acme Hosting</title>
        <link rel="stylesheet" href={styleSheet} />
      </head>
      <body>
        {Header(owner)}
        <main class="shell narrow">
          <h1>Your plan: {plan}</h1>
        </main>
      </body>
    </html>
  );
  return `<!doctype html>${page}`;
}
