import type { Child } from "hono/jsx";

/** A labelled field of a form, with its hint and what is wrong with it tied to it. */
export function Field({ name, label, hint, problem, ...input }: {
  name: string;
  label: string;
  hint?: Child;
  problem?: string | undefined;
  type: string;
  value?: string | undefined;
  autocomplete: string;
  autofocus?: boolean;
  maxlength?: number;
  minlength?: number;
}) {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        required
        aria-describedby={described || undefined}
        aria-invalid={problem ? "true" : undefined}
        {...input}
      />
      {hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {problem && <p class="problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}
