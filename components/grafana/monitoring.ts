import type { GeneratedSecret } from "../core/secrets";
import type { Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import { grafanaRules } from "./alerts";
import { backupName } from "./backup";
import type { GrafanaArgs } from "./index";
import { ADMIN } from "./ini";

export const PORT = 3000;

export function adminPassword(name: string): GeneratedSecret {
  return { generated: `${name}-admin` };
}

export function grafanaConnection(name: string, args: GrafanaArgs): Connection {
  return {
    ...connectionTo(args.target, name, { kind: "grafana", port: PORT }),
    credentials: { [ADMIN]: { user: ADMIN, password: adminPassword(name) } },
  };
}

/** Nothing where it is left out: a target that nobody runs would be down for ever. */
export function grafanaMonitoring(name: string, args: GrafanaArgs): Monitoring {
  if (args.deploy === false) return { targets: [], rules: [] };
  return {
    targets: [
      serviceTarget(name, { name: "http", number: PORT }, grafanaConnection(name, args), { identity: "stable" }),
    ],
    rules: grafanaRules(name, args.target.kind, args.backup ? backupName(name) : undefined, args.alerts),
  };
}
