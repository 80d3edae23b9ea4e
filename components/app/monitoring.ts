import type { Problem } from "../core/problems";
import { type AlertDefinitions, alertRules, checkTuning } from "../monitoring/alert";
import type { Dashboard } from "../monitoring/dashboard";
import type { Monitoring, Recording, RuleGroup } from "../monitoring/monitoring";
import { div } from "../monitoring/promql";
import { type ScrapeTarget, serviceTarget } from "../monitoring/scrape";
import { signal } from "../monitoring/signal";
import { appAlerts } from "./alerts";
import type { AppArgs } from "./args";
import { appDashboards, appHighlights } from "./dashboards";
import { metricsConnection } from "./plan";
import { httpSignals } from "./signals";
import { dialect, identityOf, metricsPage, replicasOf } from "./spec";

/** What an app is watched by: nothing without metrics, but for what is said about it. `more` are alerts of a preset. */
export function appMonitoring(name: string, args: AppArgs, more: AlertDefinitions = {}): Monitoring {
  const { monitoring = {} } = args;
  const own = alertRules(monitoring.alerts ?? {}, undefined, { component: name });
  const rules: RuleGroup[] = [
    ...(metricsPage(args) ? [group(name, args, more)] : []),
    ...(own.length > 0 ? [{ name: `${name}-own`, alerts: own }] : []),
    ...(monitoring.rules ?? []),
  ];
  return {
    targets: targets(name, args),
    rules,
    dashboards: [...(monitoring.dashboards ?? []), ...pages(args)],
    highlights:
      monitoring.highlights ?? (metricsPage(args) ? appHighlights(name, dialect(args), exportsProcess(args)) : []),
  };
}

function pages(args: AppArgs): readonly Dashboard[] {
  return metricsPage(args) ? appDashboards(dialect(args), exportsProcess(args)) : [];
}

function exportsProcess({ metrics }: AppArgs): boolean {
  return metrics?.process ?? true;
}

export function checkMonitoring(name: string, args: AppArgs, more: AlertDefinitions = {}): Problem[] {
  return checkTuning("alerts", definitions(name, args, more), args.alerts);
}

function targets(name: string, args: AppArgs): ScrapeTarget[] {
  const page = metricsPage(args);
  if (!page) return [];
  const { interval } = args.metrics ?? {};
  return [
    serviceTarget(name, page.port, metricsConnection(name, args), {
      identity: identityOf(args),
      replicas: replicasOf(args),
      ...(page.path === "/metrics" ? {} : { path: page.path }),
      ...(interval ? { interval } : {}),
    }),
  ];
}

function definitions(name: string, args: AppArgs, more: AlertDefinitions): AlertDefinitions {
  if (!metricsPage(args)) return {};
  const { ignoredRoutes, expectsTraffic } = args.http ?? {};
  const http = dialect(args);
  return {
    ...appAlerts({
      job: name,
      process: exportsProcess(args),
      ...(http
        ? {
            http: {
              dialect: http,
              ...(ignoredRoutes ? { ignored: ignoredRoutes } : {}),
              ...(expectsTraffic === undefined ? {} : { expectsTraffic }),
            },
          }
        : {}),
    }),
    ...more,
  };
}

function group(name: string, args: AppArgs, more: AlertDefinitions): RuleGroup {
  const recordings = httpRecordings(name, args);
  return {
    name,
    ...(recordings.length > 0 ? { recordings } : {}),
    alerts: alertRules(definitions(name, args, more), args.alerts, { component: name }),
  };
}

/** Rate, errors, duration: for people, panels and comparisons over long spans. */
function httpRecordings(name: string, args: AppArgs): Recording[] {
  const http = dialect(args);
  if (!http) return [];
  const { requests, errors, duration } = httpSignals(http, args.http?.ignoredRoutes);
  const scope = { matchers: { job: name }, by: ["job"] };
  const labels = { component: name };
  const quantile = (q: number) => signal({ ...duration, quantile: q }, scope).text;
  return [
    { record: "job:http_requests:rate5m", expr: signal(requests, scope).text, labels },
    { record: "job:http_errors:ratio_rate5m", expr: div(signal(errors, scope), signal(requests, scope)).text, labels },
    { record: "job:http_duration_seconds:p95_5m", expr: quantile(0.95), labels },
    { record: "job:http_duration_seconds:p99_5m", expr: quantile(0.99), labels },
  ];
}
