import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is no complaint; rejects with the last complaint when the time is over. */
export async function until(
  what: string,
  seconds: number,
  complaint: () => Promise<string | undefined>,
): Promise<number> {
  const begun = Date.now();
  let last = "";
  do {
    const now = await complaint().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (now === undefined || now === "") return (Date.now() - begun) / 1000;
    last = now;
    await sleep(1000);
  } while (Date.now() - begun < seconds * 1000);
  throw new Error(`${what} not within ${seconds} s: ${last}`);
}
