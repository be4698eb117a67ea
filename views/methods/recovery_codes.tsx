import { paths } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import type { Confirmation } from "../confirmation.tsx";
import { ChangeForm } from "./change.tsx";

export function MakeRecoveryCodesPage({ hasCodes, confirmation }: { hasCodes: boolean; confirmation: Confirmation }) {
  const { t: { methods: t } } = confirmation;
  return (
    <ChangeForm
      title={t.recoveryTitle}
      action={paths.recoveryCodes}
      submit={t.make}
      closesOthers={false}
      confirmation={confirmation}
    >
      <p>{hasCodes ? t.recoveryReplaces : t.recoveryText}</p>
    </ChangeForm>
  );
}

export function RecoveryCodesPage({ codes, t: { methods: t } }: { codes: string[]; t: Texts }) {
  return (
    <div class="card entry entry-wide">
      <h1>{t.codesTitle}</h1>
      <p>{t.codesLead}</p>
      <ol class="recovery-codes">
        {codes.map((code) => (
          <li>
            <code class="recovery-code">{code}</code>
          </li>
        ))}
      </ol>
      <form action={paths.methods}>
        <button type="submit" class="primary">{t.codesSaved}</button>
      </form>
    </div>
  );
}
