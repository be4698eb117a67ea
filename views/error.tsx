import { paths } from "../routes/paths.ts";
import type { Texts } from "./texts.ts";

export function ErrorPage({ title, text, t }: { title: string; text: string; t: Texts }) {
  return (
    <div class="card message">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href={paths.home}>{t.errors.home}</a>
      </p>
    </div>
  );
}
