import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField } from "./fields.tsx";

export function SignOutPage({ csrf, email, t }: { csrf: string; email: string; t: Texts }) {
  return (
    <div class="card entry">
      <h1>{t.signOut.title}</h1>
      <p>{t.signOut.text(<strong>{email}</strong>)}</p>
      <form method="post" action={paths.signOut} class="form">
        <CsrfField csrf={csrf} />
        <button type="submit" class="primary">{t.layout.signOut}</button>
      </form>
    </div>
  );
}
