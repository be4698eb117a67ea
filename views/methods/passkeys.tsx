import type { Methods } from "../../db/methods/methods.ts";
import { paths } from "../../http/paths.ts";
import type { Texts } from "../../words/texts.ts";
import type { Confirmation } from "../confirmation.tsx";
import { Field } from "../fields.tsx";
import { Notification } from "../notifications.tsx";
import { ChangeForm } from "./change.tsx";

export function AddPasskeyPage({ options, credential, name, closesOthers, confirmation }: {
  /** Asks the browser for a new passkey. */
  options: string;
  /** The browser's answer, if the form was sent before. */
  credential: string;
  name: string;
  closesOthers: boolean;
  confirmation: Confirmation;
}) {
  const { problems, t: { methods: t, passkey } } = confirmation;
  return (
    <ChangeForm
      title={t.addPasskey}
      action={paths.passkeys}
      submit={t.addPasskey}
      focusesPassword={problems.name === undefined}
      {...{ confirmation, closesOthers }}
    >
      <p>{t.addPasskeyText}</p>
      <noscript>
        <p>{t.needsScript}</p>
      </noscript>
      <NameField name={name} problem={problems.name} t={t} />
      <div id="new-passkey" data-passkey={options} data-creates>
        <input type="hidden" name="credential" value={credential} />
        <p
          class="hint"
          role="status"
          data-failed={passkey.failedNew}
          data-known={passkey.known}
          data-unsupported={passkey.unsupported}
        >
        </p>
      </div>
    </ChangeForm>
  );
}

export function RenamePasskeyPage({ id, name, confirmation }: {
  id: string;
  name: string;
  confirmation: Confirmation;
}) {
  const { problems, t: { methods: t } } = confirmation;
  return (
    <ChangeForm
      title={t.renameTitle}
      action={paths.renamePasskey(id)}
      submit={t.rename}
      closesOthers={false}
      focusesPassword={problems.name === undefined}
      confirmation={confirmation}
    >
      <NameField name={name} problem={problems.name} t={t} />
    </ChangeForm>
  );
}

export function RemovePasskeyPage({ passkey, isLast, confirmation }: {
  passkey: Methods["passkeys"][number];
  isLast: boolean;
  confirmation: Confirmation;
}) {
  const { t: { methods: t } } = confirmation;
  return (
    <ChangeForm
      title={t.removePasskeyTitle}
      action={paths.removePasskey(passkey.id)}
      submit={t.remove}
      confirmation={confirmation}
    >
      <p>
        <strong>{passkey.name}</strong>
      </p>
      <p>{t.removePasskeyText}</p>
      {isLast && <p>{t.removeLast}</p>}
    </ChangeForm>
  );
}

function NameField({ name, problem, t }: { name: string; problem: string | undefined; t: Texts["methods"] }) {
  return (
    <Field
      name="name"
      label={t.passkeyName}
      hint={t.passkeyNameHint}
      type="text"
      autocomplete="off"
      value={name}
      problem={problem}
    />
  );
}

export function PasskeyAdded({ t }: { t: Texts }) {
  return <Notification>{t.methods.passkeyAdded}</Notification>;
}

export function PasskeyRenamed({ t }: { t: Texts }) {
  return <Notification>{t.methods.passkeyRenamed}</Notification>;
}

export function PasskeyRemoved({ t }: { t: Texts }) {
  return <Notification>{t.methods.passkeyRemoved}</Notification>;
}
