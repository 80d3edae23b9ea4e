import { isIP } from "node:net";
import type { Problem } from "../core/problems";
import { checkPort } from "../target/check";
import type { TimescaleDBArgs } from "./args";

const WITH_EXISTING = new Set(["target", "transform", "images", "database", "schema", "roles", "edition", "existing"]);

/** A server that somebody else runs. */
export function checkExisting(args: TimescaleDBArgs): Problem[] {
  const { existing } = args;
  if (!existing) return [];
  const { host, port, cidrs, credentials } = existing;
  const problems: Problem[] = Object.keys(args)
    .filter((key) => !WITH_EXISTING.has(key) && args[key as keyof TimescaleDBArgs] !== undefined)
    .map((key) => ({ path: key, rule: "has no effect on an existing server", fix: "Remove it, or remove existing" }));
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host) && isIP(host) === 0) {
    const rule = "must be a host name or an address, without a port";
    problems.push({ path: "existing.host", value: host, rule });
  }
  if (port !== undefined) problems.push(...checkPort("existing.port", port));
  if (cidrs.length === 0) {
    problems.push({ path: "existing.cidrs", rule: "must say where the server is, such as 10.0.0.0/16" });
  }
  cidrs.forEach((cidr, i) => {
    const [address = "", bits = ""] = cidr.split("/");
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(bits)) {
      problems.push({ path: `existing.cidrs[${i}]`, value: cidr, rule: "must be a CIDR block such as 10.0.0.0/16" });
    }
  });
  const needed = [...(args.schema ? ["admin"] : []), ...Object.keys(args.roles ?? {})];
  for (const role of needed.filter((name) => credentials[name] === undefined)) {
    const rule =
      role === "admin"
        ? "must be given with a schema: who owns the database makes what is declared"
        : "must be given: nobody else knows the password of a role that is in roles";
    problems.push({ path: `existing.credentials.${role}`, rule });
  }
  return problems;
}
