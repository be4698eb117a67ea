import type { Child } from "hono/jsx";

export function Field({ name, label, hint, problem, describedBy, ...input }: {
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
      {problem && <p class="field-problem" id={`${name}-problem`}>{problem}</p>}
    </div>
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
