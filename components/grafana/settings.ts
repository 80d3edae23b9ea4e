import type { Dashboard } from "../monitoring/dashboard";
import { collectDashboards, OVERVIEW_UID, overviewDashboard } from "../monitoring/dashboard";
import { LOOPBACK } from "../target/workload";
import type { GrafanaArgs } from "./index";
import { PORT } from "./monitoring";

/** The args with their defaults, as documented there. */
export function settings(args: Omit<GrafanaArgs, "target">) {
  return {
    deploy: args.deploy ?? true,
    url: withSlash(args.url ?? `http://${LOOPBACK}:${args.publish?.port ?? PORT}`),
    scrapeInterval: args.scrapeInterval ?? ("15s" as const),
    storage: args.storage ?? { size: "1Gi" as const },
    resources: args.resources ?? { cpu: 1, memory: "512Mi" as const },
  };
}

/** The overview, then those of all components, once each, and one's own. */
export function dashboardsOf(args: Pick<GrafanaArgs, "monitoring" | "dashboards">): Dashboard[] {
  const own = args.dashboards ?? [];
  const all = [...args.monitoring, ...(own.length > 0 ? [{ targets: [], rules: [], dashboards: own }] : [])];
  const collected = collectDashboards(all);
  const overview = collected.some(({ uid }) => uid === OVERVIEW_UID) ? [] : [overviewDashboard(all)];
  return [...overview, ...collected];
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
