import { paths } from "../routes/paths.ts";

export function ErrorPage({ title, text }: { title: string; text: string }) {
  return (
    <div class="card message">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href={paths.home}>Go to the connection history</a>
      </p>
    </div>
  );
}
