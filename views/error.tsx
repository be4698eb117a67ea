import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";

export function ErrorPage({ title, text, home = paths.home, link, t }: {
  title: string;
  text: string;
  home?: string | undefined;
  link?: string | undefined;
  t: Texts;
}) {
  return (
    <div class="card message">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href={home}>{link ?? t.errors.home}</a>
      </p>
    </div>
  );
}
