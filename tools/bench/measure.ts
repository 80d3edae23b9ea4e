/** Wall-clock milliseconds of each run. */
export interface Samples {
  readonly name: string;
  readonly ms: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Times `work` once. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Processor time of this process while `work` runs, in milliseconds: what other processes do does not count. */
export async function cpuTime(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/**
 * Times several things in turn (A B A B …), so that a machine whose speed drifts does so for all of them. The first round is
 * the cold one and is kept apart.
 */
export async function inTurn(
  works: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<{ readonly cold: Record<string, number>; readonly warm: Record<string, Samples> }> {
  const cold: Record<string, number> = {};
  const warm: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      const ms = await time(work);
      if (round === 0) cold[name] = ms;
      else warm[name] = [...(warm[name] ?? []), ms];
    }
  }
  return { cold, warm: Object.fromEntries(Object.entries(warm).map(([name, ms]) => [name, { name, ms }])) };
}

/** The middle of the ratios pair by pair. */
export function ratio(a: Samples, b: Samples): number {
  return median(a.ms.map((ms, i) => ms / (b.ms[i] ?? Number.NaN)));
}
