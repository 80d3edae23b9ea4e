import type { AppArgs } from "../components/app";
import { appAlerts } from "../components/app/alerts";
import type { ImageCatalogue } from "../components/core/images";
import { type AlertDefinitions, alertRules } from "../components/monitoring/alert";
import type { RuleGroup } from "../components/monitoring/monitoring";
import type { StackConfig } from "./config";
import { filesAlerts } from "./gauzian-alerts";
import { FILES_DETAILS, FILES_OVERVIEW, filesHighlights } from "./gauzian-dashboards";
import { hostPorts } from "./publish";

/** Its `job`, whichever runs: dashboards, alerts and runbooks know it by that. */
export const JOB = "files";
export const DASHBOARDS = [FILES_OVERVIEW, FILES_DETAILS];

const PORT = 8080;

/** The stack's own back end, which asks itself for something. */
export function app(images: ImageCatalogue, config: StackConfig): Omit<AppArgs, "target"> {
  const { api } = hostPorts(config);
  return {
    image: images.files,
    http: { port: PORT, health: "/readyz", alive: "/healthz", ...(api ? { publish: api } : {}) },
    // Success means 2xx here, which no dialect says: its alerts are its own.
    metrics: {},
    settings: { FILES_PORT: PORT, FILES_LOAD_RATE: config.backendLoad },
    // what its store may hold is in memory: 64 MiB, beside 50 for itself
    resources: { cpu: 0.5, memory: "160Mi" },
    monitoring: { alerts: filesAlerts(JOB), dashboards: DASHBOARDS, highlights: filesHighlights(JOB) },
  };
}

/** Of a back end that exists, which no component brings. */
export function rules(): RuleGroup[] {
  const alerts: AlertDefinitions = { ...appAlerts({ job: JOB, process: false }), ...filesAlerts(JOB) };
  return [{ name: JOB, alerts: alertRules(alerts, undefined, { component: JOB }) }];
}

export function note({ backendLoad }: StackConfig): string {
  return backendLoad > 0 ? `synthetic load, ${backendLoad} requests a second` : "no load of its own";
}
