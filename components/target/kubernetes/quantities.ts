import { bytes, type Size } from "../../core/units";
import type { Resources } from "../workload";

/** Not in the contract, but without a limit one container's log can fill a node. */
const EPHEMERAL = { request: "64Mi", limit: "1Gi" };

/** As the API server writes it, so that a refresh shows no difference: the largest unit that divides it. */
export function quantity(size: Size): string {
  const total = Math.round(bytes(size) ?? 0);
  for (const [unit, factor] of [
    ["Ti", 2 ** 40],
    ["Gi", 2 ** 30],
    ["Mi", 2 ** 20],
    ["Ki", 2 ** 10],
  ] as const) {
    if (total > 0 && total % factor === 0) return `${total / factor}${unit}`;
  }
  return `${total}`;
}

/** Cores as the API server writes them: `1`, `1500m`. */
export function cores(cpu: number): string {
  const milli = Math.max(1, Math.round(cpu * 1000));
  return milli % 1000 === 0 ? `${milli / 1000}` : `${milli}m`;
}

export function resourceRequirements(resources: Resources) {
  const { cpu, memory, cpuRequest = cpu / 10, memoryRequest = memory } = resources;
  return {
    requests: { cpu: cores(cpuRequest), memory: quantity(memoryRequest), "ephemeral-storage": EPHEMERAL.request },
    limits: { cpu: cores(cpu), memory: quantity(memory), "ephemeral-storage": EPHEMERAL.limit },
  };
}
