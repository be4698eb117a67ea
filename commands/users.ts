import { parseArgs } from "node:util";
import { findUnavailable } from "../db/driver/unavailable.ts";
import { createLog } from "../http/log.ts";
import type { Configuration } from "./configuration.ts";
import { openConfigured, requireWritable } from "./database.ts";
import { disable, enable, list, remove, rename, unlock } from "./users/accounts.ts";
import { type Action, fail, type Input } from "./users/action.ts";
import { close, exportAll, find, history, sweep } from "./users/history.ts";
import { methods } from "./users/methods.ts";
import { add, link, password } from "./users/passwords.ts";

const actions: Record<string, Action> = {
  ...{ add, list, link, password, rename, remove, disable, enable, unlock, close, history, find, methods },
  export: exportAll,
  sweep,
};

/** `deno task users`: manages accounts, and logs what changed. Returns status 0, or 1 with a sentence on standard error. */
export async function users(configuration: Configuration, args: string[]): Promise<number> {
  const [name = "", ...rest] = args;
  if (["--help", "-h", "help"].includes(name)) {
    console.log(USAGE);
    return 0;
  }
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) return fail(USAGE);
  const input = readInput(action, rest);
  if (input === "help") {
    console.log(usageOf(name, action));
    return 0;
  }
  if (typeof input === "string") return fail([input, usageOf(name, action)].filter(Boolean).join("\n"));
  const problem = action.check?.(input);
  if (problem) return fail(problem);

  const db = await openConfigured(configuration, { mayCreate: action.mayCreate ?? false });
  const isList = typeof action.isList === "function" ? action.isList(input) : action.isList;
  const write = createLog(isList ? console.error : console.log, Date.now);
  try {
    if (!isList) await requireWritable(db, configuration);
    return await action.run({
      db,
      configuration,
      log: (event, { user, ...fields } = {}) =>
        write(event, { user, by: "operator", who: configuration.sudoUser, ...fields }),
    }, input);
  } catch (error) {
    if (!findUnavailable(error)) throw error;
    return fail(
      "The database gave no answer, so it is not known whether this was done. " +
        "See deno task users list, and try again: nothing is done twice",
    );
  } finally {
    db.$client.close();
  }
}

/** Returns the operands and options; "help", or a sentence, which may be empty, if they can't be used. */
function readInput({ operands, options = {} }: Action, args: string[]): Input | string {
  try {
    const help = { type: "boolean", short: "h" } as const;
    const read = parseArgs({ args, options: { ...options, help }, allowPositionals: true });
    if (read.values.help) return "help";
    const { help: _, ...values } = read.values as Record<string, string | boolean | undefined>;
    const expected = values.everyone ? 0 : operands;
    const isComplete = read.positionals.length === expected && !read.positionals.includes("");
    return isComplete ? { operands: read.positionals, options: values } : "";
  } catch (error) {
    // Node's own sentences for an unknown option or a missing value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

function usageOf(name: string, { takes, does }: Action): string {
  return `Usage: deno task users ${name} ${takes}`.trimEnd() + `\n  ${does}`;
}

const WIDTH = 34;
const USAGE = `Usage:\n${
  Object.entries(actions).map(([name, { takes, does }]) =>
    `  deno task users ${`${name} ${takes}`.padEnd(WIDTH)} ${does}`
  ).join("\n")
}\n--help after any of them explains it alone`;
