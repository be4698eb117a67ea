/** What is open in a process: files, sockets and all else that has a number. */
export function countOpenFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** How long a process has been at work on all processors, in milliseconds; Linux counts in hundredths of a second. */
export function workOf(pid: number): number {
  // After the name, which may have spaces in it: the 12th and 13th of what follows.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** What a process holds in memory, in MB. */
export function memoryOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until something is so, for at most ten seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!await isSo() && performance.now() < end) await wait(20);
}

/** Waits until a process has next to nothing to do any more, for at most ten seconds. */
export async function untilQuiet(pid: number): Promise<boolean> {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const before = workOf(pid);
    await wait(500);
    if (workOf(pid) - before <= 50) return true;
  }
  return false;
}
