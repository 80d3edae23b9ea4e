import { execFileSync } from "node:child_process";

/** Names of the stacks that end-to-end tests deploy. */
export const STACKS: readonly string[] = [
  "e2e",
  "e2e-brokers",
  "e2e-growth",
  "e2e-market",
  "e2e-alerts",
  "contract",
  "contract-remote",
];

const LABELS = ["datastack.stack", "datastack.e2e"];

/** How everything of such a stack is found: the engine makes a volume without labels for a container that lost its own. */
export function filtersOf(stack: string, what: "ps" | "volume" | "network"): string[] {
  const labels = LABELS.map((label) => `label=${label}=${stack}`);
  return what === "volume" ? [...labels, `name=^${stack}-`] : labels;
}

/**
 * Removes what an interrupted run has left on the Docker engine. Synchronous, because it runs while the process ends; after a run
 * that was not interrupted it finds nothing.
 */
export function sweepEngine(): void {
  try {
    const list = (what: "ps" | "volume" | "network", ...args: string[]): string[] =>
      STACKS.flatMap((stack) => filtersOf(stack, what)).flatMap((filter) =>
        docker([what, ...args, "--quiet", "--filter", filter])
          .split("\n")
          .filter(Boolean),
      );
    for (const id of list("ps", "--all")) docker(["rm", "--force", "--volumes", id]);
    for (const id of list("volume", "ls")) docker(["volume", "rm", "--force", id]);
    for (const id of list("network", "ls")) docker(["network", "rm", id]);
  } catch {
    // no engine: nothing is on it
  }
}

function docker(args: readonly string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], timeout: 60_000 });
}
