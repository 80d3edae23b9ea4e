import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/** Milliseconds until a site that does not answer is given up: a closed network should not cost minutes. */
const CONNECT_TIMEOUT = 4000;

/** Whether a site has something at this address (or answers with one of the statuses in `also`); quickly given up. */
export async function answers(url: string, also: readonly number[] = []): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "follow",
      signal: AbortSignal.timeout(CONNECT_TIMEOUT),
    });
    return response.ok || also.includes(response.status);
  } catch {
    return false;
  }
}

export async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}.`);
  return response.text();
}

export interface Download {
  readonly url: string;
  readonly sha256: string;
  readonly file: string;
}

/**
 * Fetches a file whose checksum is known; what is there already with that checksum stays. It takes its name only when it
 * is whole and right. Tries three times, as large downloads break.
 */
export async function download({ url, sha256, file }: Download, onBytes?: (done: number) => void): Promise<void> {
  if (fs.existsSync(file) && fileSha256(file) === sha256) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(url, sha256, file, onBytes);
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function fetchOnce(url: string, sha256: string, file: string, onBytes?: (done: number) => void): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(600_000) });
  if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status} ${response.statusText}.`);
  const partial = `${file}.${process.pid}.partial`;
  const hash = createHash("sha256");
  const out = fs.openSync(partial, "w");
  try {
    let done = 0;
    for await (const chunk of response.body) {
      hash.update(chunk);
      fs.writeSync(out, chunk);
      done += chunk.length;
      onBytes?.(done);
    }
    const got = hash.digest("hex");
    if (got !== sha256) throw new Error(`${url} has the checksum ${got}, and ${sha256} was expected.`);
    fs.renameSync(partial, file);
  } finally {
    fs.closeSync(out);
    fs.rmSync(partial, { force: true });
  }
}

export function fileSha256(file: string): string {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}
