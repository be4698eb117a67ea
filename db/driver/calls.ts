import type { InStatement, ResultSet } from "@libsql/client";
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { isRead } from "./prepared.ts";
import { findUnavailable } from "./unavailable.ts";

type Question = {
  statements: InStatement[];
  resolve: (results: ResultSet[]) => void;
  reject: (error: unknown) => void;
};

/** What is asked in one turn of the event loop, until it is sent. */
type Turn = { asked: Question[]; takesWrites: boolean };

/** Sends statements in one call, as one transaction. */
type Send = (statements: InStatement[]) => Promise<ResultSet[]>;

/**
 * Gathers what is asked in one turn of the event loop into one call. Only within `together` and `writeThenRead`: elsewhere each question is
 * sent by itself. `setImmediate` comes after all microtasks, so that a handler may await other things before it asks.
 */
export function createCalls(send: Send) {
  const turns = new AsyncLocalStorage<Turn>();

  async function ask(statements: InStatement[]): Promise<ResultSet[]> {
    const turn = turns.getStore();
    if (!turn || !turn.takesWrites && !statements.every(isRead)) return await send(statements);
    if (turn.asked.length === 0) setImmediate(() => void sendTurn(turn));
    return await new Promise((resolve, reject) => turn.asked.push({ statements, resolve, reject }));
  }

  async function sendTurn(turn: Turn): Promise<void> {
    const writesFirst = ({ statements }: Question) => statements.every(isRead) ? 1 : 0;
    const inOrder = turn.asked.splice(0).sort((a, b) => writesFirst(a) - writesFirst(b));
    try {
      const results = await send(inOrder.flatMap(({ statements }) => statements));
      for (const { statements, resolve } of inOrder) resolve(results.splice(0, statements.length));
    } catch (error) {
      for (const { reject } of inOrder) reject(error);
    }
  }

  return {
    ask,
    together: <T>(run: () => T): T => turns.run({ asked: [], takesWrites: false }, run),
    async writeThenRead<W, R>(write: () => Promise<W>, read: () => Promise<R>): Promise<[W, R]> {
      const [writing, reading] = turns.run({ asked: [], takesWrites: true }, () => [write(), read()] as const);
      // If the answer is lost, the write looks for its trace, and what was read with it is asked again.
      const [written, first] = await Promise.allSettled([writing, reading]);
      if (written.status === "rejected") throw written.reason;
      if (first.status === "fulfilled") return [written.value, first.value];
      if (!findUnavailable(first.reason)) throw first.reason;
      return [written.value, await read()];
    },
  };
}
