import type { GeneratedSecret } from "../core/secrets";
import type { Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import { grafanaRules } from "./alerts";
import type { GrafanaArgs } from "./index";
import { ADMIN } from "./ini";

export const PORT = 3000;

export function adminPassword(name: string): GeneratedSecret {
  return { generated: `${name}-admin` };
}

export function grafanaConnection(name: string, args: GrafanaArgs): Connection {
  const host = args.target.host(name);
  return {
    id: name,
    kind: "grafana",
    port: PORT,
    peer: { workload: name },
    host,
    endpoints: [`${host}:${PORT}`],
    credentials: { [ADMIN]: { user: ADMIN, password: adminPassword(name) } },
  };
}

/** Nothing where it is left out: a target that nobody runs would be down for ever. */
export function grafanaMonitoring(name: string, args: GrafanaArgs): Monitoring {
  if (args.deploy === false) return { targets: [], rules: [] };
  return {
    targets: [
      {
        job: name,
        workload: name,
        kind: "service",
        identity: "stable",
        replicas: 1,
        port: { name: "http", number: PORT },
        connection: grafanaConnection(name, args),
      },
    ],
    rules: grafanaRules(name, args.alerts),
  };
}
