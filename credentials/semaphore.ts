/** Runs at most `slots` tasks at once and queues `waiting` more in order; a task that finds the queue full gets `null`. */
export function createSemaphore(slots: number, waiting: number) {
  const queue: (() => void)[] = [];
  let running = 0;

  async function run<T>(task: () => Promise<T>): Promise<T | null> {
    if (running >= slots) {
      if (queue.length >= waiting) return null;
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      running++;
    }
    try {
      return await task();
    } finally {
      // The slot is handed over, so that no newcomer overtakes the queue.
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  }
  return Object.assign(run, { isFull: () => running >= slots && queue.length >= waiting });
}
