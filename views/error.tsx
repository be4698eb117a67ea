import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";

export function ErrorPage({ title, text, home = paths.home, t }: {
  title: string;
  text: string;
  home?: string | undefined;
  t: Texts;
}) {
  return (
    <div class="card message">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href={home}>{t.errors.home}</a>
      </p>
    </div>
  );
}
