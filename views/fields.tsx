import type { Child } from "hono/jsx";

/** A labelled field of a form, with its hint and what is wrong with it tied to it. Focus begins at the first that is wrong. */
export function Field({ name, label, hint, problem, describedBy, ...input }: {
  name: string;
  label: string;
  hint?: Child;
  problem?: string | undefined;
  /** The id of what is wrong with the form as a whole, where this field may be why. */
  describedBy?: string | undefined;
  type: string;
  value?: string | undefined;
  autocomplete: string;
  required?: boolean;
  autofocus?: boolean;
  placeholder?: string;
  spellcheck?: boolean;
  /** The id of a list of suggestions. */
  list?: string;
  maxlength?: number;
  minlength?: number;
}) {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`, describedBy].filter(Boolean).join(" ");
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
        autofocus={problem ? true : input.autofocus}
      />
      {hint && <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {problem && <p class="problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}

/** A labelled field with few answers, of which `value` is the one given. */
export function Choice({ name, label, value, problem, options }: {
  name: string;
  label: string;
  value: string;
  problem?: string | undefined;
  /** What can be chosen: value, text, and the text's language where that is another one. */
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
      {problem && <p class="problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}
