/**
 * Reads a password: one line of standard input; a terminal asks twice, without echo. Empty if there is none; `null`, with a sentence on
 * standard error, if the two differ or Ctrl-C was pressed.
 */
export async function readPassword(prompt = "Password: "): Promise<string | null> {
  if (!Deno.stdin.isTerminal()) return await readLine();

  const password = await promptHidden(prompt);
  if (password === "") return password;
  if (password !== null && await promptHidden("Again: ") === password) return password;
  console.error(password === null ? "No password was typed" : "These two passwords are not the same");
  return null;
}

async function readLine(): Promise<string> {
  let text = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split(/\r?\n/)[0] ?? "";
}

/** Prompts on standard error, in raw mode. */
async function promptHidden(prompt: string): Promise<string | null> {
  const [ENTER, NEWLINE, CTRL_C, CTRL_D, BACKSPACE, DELETE] = ["\r", "\n", "\x03", "\x04", "\b", "\x7f"];
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1024);
  const typed: string[] = [];

  Deno.stdin.setRaw(true);
  try {
    write(prompt);
    while (true) {
      const size = await Deno.stdin.read(buffer);
      if (size === null) return null;
      for (const character of decoder.decode(buffer.subarray(0, size), { stream: true })) {
        if (character === ENTER || character === NEWLINE) return typed.join("");
        if (character === CTRL_C || character === CTRL_D) return null;
        if (character === BACKSPACE || character === DELETE) typed.pop();
        else typed.push(character);
      }
    }
  } finally {
    Deno.stdin.setRaw(false);
    write("\n");
  }
}
