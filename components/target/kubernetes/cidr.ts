import { isIP } from "node:net";
import type { Problem } from "../../core/problems";

export function checkCidr(path: string, value: string): Problem[] {
  const [address = "", prefix = "", ...rest] = value.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits) return [];
  return [{ path, value, rule: "must be an address block", fix: 'Write it like "10.1.2.0/24", one address as "/32"' }];
}
