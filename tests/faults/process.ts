/** Far longer than a busy machine takes for anything here. */
const PATIENCE = 60_000;

/** Counts a process's open files, sockets included. */
export function countOpenFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** A process's time on all processors, in milliseconds; Linux counts in hundredths of a second. */
export function cpuTimeOf(pid: number): number {
  // The fields after the name, which may contain spaces: utime and stime are the 12th and 13th of them.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A process's resident memory, in MB. */
export function memoryOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until a condition holds, and returns whether it does in the end. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + PATIENCE;
  while (!await condition()) {
    if (performance.now() > end) return false;
    await wait(20);
  }
  return true;
}

/** Waits until a process is idle, and returns whether it is in the end. */
export async function untilIdle(pid: number): Promise<boolean> {
  return await until(async () => {
    const before = cpuTimeOf(pid);
    await wait(500);
    return cpuTimeOf(pid) - before <= 50;
  });
}
