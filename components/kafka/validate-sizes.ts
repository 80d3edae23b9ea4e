import type { Problem } from "../core/problems";

export function notASize(path: string, value: unknown): Problem {
  return { path, value, rule: "must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti" };
}
