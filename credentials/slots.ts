/** The order in the queue: sessions and known browsers, then known networks, then strangers. */
const RANKS = ["owner", "network", "stranger"] as const;
export type Rank = (typeof RANKS)[number];

export type Turn = {
  rank: Rank;
  /** An owner's account has one slot at a time. */
  account: string;
};

type Place = {
  /** Resolves when the place becomes a slot; null if it is one from the beginning. */
  started: Promise<void> | null;
  leave: () => void;
};

/**
 * Runs at most `slots` tasks at once. Owners go first and are never refused; the others leave them the last slot, where there are several.
 * Of each other rank `waiting` tasks may queue: one that finds its queue full gets `null`.
 */
export function createSlots(slots: number, waiting: number) {
  const queues: Record<Rank, (Turn & { start: () => void })[]> = { owner: [], network: [], stranger: [] };
  const owners = new Set<string>();
  const maxOthers = Math.max(1, slots - 1);
  let running = 0;
  let others = 0;

  const canStart = ({ rank, account }: Turn) =>
    running < slots && (rank === "owner" ? !owners.has(account) : others < maxOthers);
  const isFull = (rank: Rank) => rank !== "owner" && queues[rank].length >= waiting && !canStart({ rank, account: "" });

  function join(turn: Turn): Place | null {
    const queue = queues[turn.rank];
    if (isFull(turn.rank)) return null;
    if (canStart(turn)) {
      take(turn);
      return { started: null, leave: () => release(turn) };
    }
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    const waiting = { ...turn, start };
    queue.push(waiting);
    return {
      started,
      leave() {
        const position = queue.indexOf(waiting);
        if (position === -1) release(turn);
        else queue.splice(position, 1);
      },
    };
  }

  function take({ rank, account }: Turn): void {
    running++;
    if (rank === "owner") owners.add(account);
    else others++;
  }

  function release({ rank, account }: Turn): void {
    running--;
    if (rank === "owner") owners.delete(account);
    else others--;
    while (startNext());
  }

  function startNext(): boolean {
    for (const rank of RANKS) {
      const next = queues[rank].findIndex(canStart);
      const [turn] = next === -1 ? [] : queues[rank].splice(next, 1);
      if (!turn) continue;
      // Taken here and not when it wakes up, so that no newcomer overtakes it.
      take(turn);
      turn.start();
      return true;
    }
    return false;
  }

  /** Runs a task from its place in the queue on: it must wait for `started`, where there is one, before the work that needs the slot. */
  async function hold<T>(turn: Turn, task: (started: Place["started"]) => Promise<T>): Promise<T | null> {
    const place = join(turn);
    if (!place) return null;
    try {
      return await task(place.started);
    } finally {
      place.leave();
    }
  }

  const run = <T>(turn: Turn, task: () => Promise<T>) => hold(turn, (started) => started ? started.then(task) : task());
  const load = () => ({
    running,
    waiting: RANKS.reduce((sum, rank) => sum + queues[rank].length, 0),
  });
  return Object.assign(run, { hold, load });
}
