import type { Child } from "hono/jsx";
import type { Methods } from "../../db/methods/methods.ts";
import { paths } from "../../http/paths.ts";
import { deviceName } from "../../words/devices.ts";
import type { Texts } from "../../words/texts.ts";
import { Time } from "../history/values.ts";
import { PageHead } from "../layout.tsx";
import { Notification } from "../notifications.tsx";

type Context = { zone: string; t: Texts };

export function MethodsPage(
  { email, methods, hasPassword, asksForCode, browser, canAdd, canAddPasskey, isRequired, ...context }: Context & {
    /** Null where it can't be changed. */
    email: string | null;
    methods: Methods;
    hasPassword: boolean;
    /** The current browser's id. */
    browser: string | null;
    /** Whether signing in asks for an app's code: only with a password. */
    asksForCode: boolean;
    canAdd: boolean;
    canAddPasskey: boolean;
    /** Whether nothing else can be done before a second step is added. */
    isRequired: boolean;
  },
) {
  const { t: { methods: t } } = context;
  const { authenticator, passkeys, recoveryCodes, browsers } = methods;
  const hasSecondFactor = authenticator !== null || passkeys.length > 0;
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      {isRequired && <Notification kind="info">{t.required}</Notification>}
      {email !== null && (
        <Method name={context.t.email.title} text={context.t.email.lead}>
          <p>{email}</p>
          <p class="method-actions">
            <a href={paths.email}>{context.t.email.change}</a>
          </p>
        </Method>
      )}
      {hasPassword && (
        <Method name={t.password} text={t.passwordText}>
          <p class="method-actions">
            <a href={paths.password}>{t.changePassword}</a>
          </p>
        </Method>
      )}
      {(asksForCode || authenticator) && (
        <Method name={t.authenticator} text={t.authenticatorText}>
          {authenticator && <Dates {...authenticator} {...context} />}
          {canAdd || authenticator
            ? (
              <p class="method-actions">
                {canAdd && <a href={paths.authenticator}>{authenticator ? t.replace : t.addAuthenticator}</a>}
                {authenticator && <a href={paths.removeAuthenticator}>{t.remove}</a>}
              </p>
            )
            : <p class="hint">{t.noKey}</p>}
        </Method>
      )}
      <Method name={t.passkeys} text={t.passkeysText}>
        {passkeys.length > 0 && (
          <ul class="method-list">
            {passkeys.map(({ id, name, isBackedUp, ...used }) => (
              <li>
                <strong>{name}</strong>
                {isBackedUp === 1 && <b class="chip">{t.synced}</b>}
                <small>
                  <When say={t.added} at={used.addedAt} {...context} />
                  {" · "}
                  {used.lastAt === null ? t.neverUsed : <When say={t.lastUsed} at={used.lastAt} {...context} />}
                </small>
                <a href={paths.renamePasskey(id)}>
                  {t.rename} <span class="hidden">{t.whichPasskey(name)}</span>
                </a>
                <a href={paths.removePasskey(id)}>
                  {t.remove} <span class="hidden">{t.whichPasskey(name)}</span>
                </a>
              </li>
            ))}
          </ul>
        )}
        {canAddPasskey
          ? (
            <p class="method-actions">
              <a href={paths.passkeys}>{t.addPasskey}</a>
            </p>
          )
          : <p class="hint">{t.noPasskeys}</p>}
      </Method>
      {hasSecondFactor && (
        <Method name={t.recoveryCodes} text={t.recoveryText}>
          {recoveryCodes
            ? (
              <p>
                <strong>{t.left(recoveryCodes.left)}</strong>
                {" · "}
                <When say={t.made} at={recoveryCodes.addedAt} {...context} />
              </p>
            )
            : <p>{t.noCodes}</p>}
          <p class="method-actions">
            <a href={paths.recoveryCodes}>{recoveryCodes ? t.renewCodes : t.makeCodes}</a>
          </p>
        </Method>
      )}
      <Method name={t.browsers} text={t.browsersText}>
        {browsers.length === 0 ? <p>{t.noBrowsers}</p> : (
          <>
            <ul class="method-list">
              {browsers.map(({ id, device, firstAt, lastAt }) => {
                const name = device === null ? t.unknownBrowser : deviceName(device, context.t);
                return (
                  <li>
                    <strong>{name}</strong>
                    {id === browser && <b class="chip">{t.thisBrowser}</b>}
                    <small>
                      <When say={t.firstUsed} at={firstAt} {...context} />
                      {" · "}
                      <When say={t.lastUsed} at={lastAt} {...context} />
                    </small>
                    <a href={paths.forgetBrowser(id)}>
                      {t.forget} <span class="hidden">{t.forgetWhich(name)}</span>
                    </a>
                  </li>
                );
              })}
            </ul>
            <p class="method-actions">
              <a href={paths.forgetBrowser("all")}>{t.forgetAll}</a>
            </p>
          </>
        )}
      </Method>
    </>
  );
}

function Method({ name, text, children }: { name: string; text: string; children?: Child }) {
  return (
    <section class="card method">
      <h2>{name}</h2>
      <p class="hint">{text}</p>
      {children}
    </section>
  );
}

function Dates({ addedAt, lastAt, ...context }: Context & { addedAt: number; lastAt: number | null }) {
  const { t: { methods: t } } = context;
  return (
    <p>
      <When say={t.added} at={addedAt} {...context} />
      {" · "}
      {lastAt === null ? t.neverUsed : <When say={t.lastUsed} at={lastAt} {...context} />}
    </p>
  );
}

function When({ say, at, zone, t }: Context & { say: (when: Child) => Child; at: number }) {
  return <>{say(<Time at={at} zone={zone} t={t} />)}</>;
}

export function AuthenticatorOn({ t }: { t: Texts }) {
  return <Notification>{t.methods.authenticatorOn}</Notification>;
}

export function AuthenticatorOff({ t }: { t: Texts }) {
  return <Notification>{t.methods.authenticatorOff}</Notification>;
}

export function BrowserForgotten({ t }: { t: Texts }) {
  return <Notification>{t.methods.browserForgotten}</Notification>;
}
