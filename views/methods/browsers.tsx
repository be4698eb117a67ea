import { paths } from "../../http/paths.ts";
import type { Confirmation } from "../confirmation.tsx";
import { ChangeForm } from "./change.tsx";

/** `id` is `all` for all of them, which has no name. */
export function ForgetBrowserPage(
  { id, name, confirmation }: { id: string; name: string | null; confirmation: Confirmation },
) {
  const { t: { methods: t } } = confirmation;
  return (
    <ChangeForm
      title={name === null ? t.forgetAllTitle : t.forgetTitle}
      action={paths.forgetBrowser(id)}
      submit={name === null ? t.forgetAll : t.forget}
      closesOthers={false}
      confirmation={confirmation}
    >
      {name !== null && (
        <p>
          <strong>{name}</strong>
        </p>
      )}
      <p>{name === null ? t.forgetAllText : t.forgetText}</p>
    </ChangeForm>
  );
}
