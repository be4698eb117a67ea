import type { Child } from "hono/jsx";
import type { Texts } from "../words/texts.ts";

type FieldProps = {
  name: string;
  label: string;
  hint?: Child;
  problem?: string | undefined;
  describedBy?: string | undefined;
  type: string;
  value?: string | undefined;
  autocomplete: string;
  required?: boolean;
  autofocus?: boolean;
  placeholder?: string;
  spellcheck?: boolean;
  inputmode?: "email" | "numeric";
  autocapitalize?: "none";
  list?: string;
  maxlength?: number;
  minlength?: number;
  /** A button beside the field. */
  button?: Child;
};

export function Field({ name, label, hint, problem, describedBy, button, ...attributes }: FieldProps) {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`, describedBy].filter(Boolean).join(" ");
  const input = (
    <input
      id={name}
      name={name}
      required
      aria-describedby={described || undefined}
      aria-invalid={problem ? "true" : undefined}
      {...attributes}
      autofocus={problem ? true : attributes.autofocus}
    />
  );
  return (
    <div class="field">
      <label for={name} id={`${name}-label`}>{label}</label>
      {button ? <div class="field-row">{input}{button}</div> : input}
      {hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {problem && <p class="field-problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}

// Spelling services must not receive a password while it is shown.
export function PasswordField({ words, ...field }: Omit<FieldProps, "type" | "button"> & { words: Texts["field"] }) {
  const { name } = field;
  return (
    <Field
      {...field}
      type="password"
      spellcheck={false}
      autocapitalize="none"
      button={
        <button
          type="button"
          class="quiet reveal"
          aria-controls={name}
          aria-describedby={`${name}-label`}
          data-other={words.hidePassword}
        >
          {words.showPassword}
        </button>
      }
    />
  );
}

export function Choice({ name, label, value, problem, options }: {
  name: string;
  label: string;
  value: string;
  problem?: string | undefined;
  options: { value: string; text: string; lang?: string }[];
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        autocomplete="off"
        aria-describedby={problem && `${name}-problem`}
        aria-invalid={problem ? "true" : undefined}
        autofocus={problem ? true : undefined}
      >
        {options.map((option) => (
          <option value={option.value} lang={option.lang} selected={option.value === value}>{option.text}</option>
        ))}
      </select>
      {problem && <p class="field-problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}
