import { paths } from "../http/paths.ts";
import type { Texts } from "../words/texts.ts";
import { CsrfField } from "./fields.tsx";

// Each is hidden until the script shows it, where the browser has passkeys.

// `instead`: the form's field that the passkey replaces.
export function PasskeyButton({ options, instead, label, t: { passkey: t } }: {
  options: string;
  instead: string;
  label: string;
  t: Texts;
}) {
  return (
    <div id="passkey" class="passkey" data-passkey={options} data-instead={instead} hidden>
      <input type="hidden" name="passkey" value="" />
      <button type="button">{label}</button>
      <p class="hint" role="status" data-failed={t.failed} data-done={t.done}></p>
    </div>
  );
}

export function PasskeySignIn({ options, csrf, next, t: { passkey: t } }: {
  options: string;
  csrf: string;
  next: string;
  t: Texts;
}) {
  return (
    <form
      id="passkey"
      method="post"
      action={paths.passkey}
      class="form passkey"
      data-passkey={options}
      data-autofill
      hidden
    >
      <CsrfField csrf={csrf} />
      <input type="hidden" name="next" value={next} />
      <input type="hidden" name="time_zone" value="" data-zone />
      <input type="hidden" name="passkey" value="" />
      <button type="button">{t.signIn}</button>
      <p class="hint" role="status" data-failed={t.failed} data-done={t.done}></p>
    </form>
  );
}
