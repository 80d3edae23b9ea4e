import type { AlertDefinition, AlertDefinitions } from "../monitoring/alert";
import { restarting } from "../monitoring/process";
import { absent, and, div, eq, ge, gt, max, metric, or, unless } from "../monitoring/promql";
import { valueTemplate } from "../monitoring/quantity";
import { signal } from "../monitoring/signal";
import type { HttpDialect } from "./http-dialect";
import { httpSignals } from "./signals";

/** Alerts about any app, those about restarts and files only where it exports `process_*`, those of HTTP only with a dialect. */
export type AppAlert =
  | "AppDown"
  | "AppRestarting"
  | "AppFileDescriptors"
  | "HttpErrorRatioHigh"
  | "HttpErrorRatioCritical"
  | "HttpLatencyHigh"
  | "HttpLatencyCritical"
  | "HttpNoTraffic";

export interface AppScope {
  readonly job: string;
  /** It exports `process_*`. */
  readonly process: boolean;
  readonly http?: {
    readonly dialect: HttpDialect;
    readonly ignored?: readonly string[];
    readonly expectsTraffic?: boolean;
  };
}

const APP = "{{ $labels.job }}";
const INSTANCE = "{{ $labels.instance }}";
const BY_INSTANCE = { by: ["job", "instance"] };

/** Requests a second below which a ratio or a quantile says nothing: six in five minutes. */
const LEAST_TRAFFIC = 0.02;

export function appAlerts(scope: AppScope): AlertDefinitions {
  return {
    ...availability(scope.job),
    ...(scope.process ? processes(scope.job) : {}),
    ...(scope.http ? http(scope.job, scope.http) : {}),
  };
}

function availability(job: string): Partial<Record<AppAlert, AlertDefinition>> {
  return {
    AppDown: {
      severity: "critical",
      explains: { alerts: ["TargetDown"], same: ["job"] },
      // Longer than a first start with its migrations takes.
      for: "3m",
      // Discovery that finds no replica at all leaves nothing that could be 0.
      expr: () => or(eq(max(metric("up", { job }), { by: ["job"] }), 0), absent("up", { job })),
      summary: `${APP} is down`,
      description: "None of its replicas answers Prometheus: whatever it does for others is not done.",
    },
  };
}

function processes(job: string): Partial<Record<AppAlert, AlertDefinition>> {
  return {
    AppRestarting: restarting(
      { job },
      {
        summary: `${APP}: ${INSTANCE} restarts again and again`,
        description: `It started ${valueTemplate("count")} times anew within 30 minutes (limit {threshold}). It crashes, runs out of memory, or is killed because it does not answer.`,
      },
    ),
    AppFileDescriptors: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.9, unit: "ratio", min: 0.01, max: 1 },
      expr: (most) =>
        gt(max(div(metric("process_open_fds", { job }), metric("process_max_fds", { job })), BY_INSTANCE), most),
      summary: `${APP}: ${INSTANCE} runs out of file descriptors`,
      description: `${valueTemplate("ratio")} are in use (limit {threshold}). When none is left, it can open neither connections nor files.`,
    },
  };
}

function http(job: string, { dialect, ignored, expectsTraffic }: NonNullable<AppScope["http"]>) {
  const signals = httpSignals(dialect, ignored);
  const scope = { matchers: { job }, by: ["job"] };
  const requests = signal(signals.requests, scope);
  const ratio = div(signal(signals.errors, scope), requests);
  const quantile = (q: number) => signal({ ...signals.duration, quantile: q }, scope);
  const busy = gt(requests, LEAST_TRAFFIC);
  const { longest } = dialect.duration;
  const failing = `${valueTemplate("ratio")} of its answers are errors of its own (limit {threshold}).`;
  const slow = (share: string) =>
    `${share} requests takes ${valueTemplate("seconds")} or more (limit {threshold}). Users wait, and workers that are waiting serve nobody else.`;
  const definitions: Partial<Record<AppAlert, AlertDefinition>> = {
    HttpErrorRatioHigh: {
      severity: "warning",
      for: "5m",
      threshold: { default: 0.05, unit: "ratio", min: 0.0001, max: 1 },
      expr: (most) => and(gt(ratio, most), busy),
      summary: `${APP} answers with errors`,
      description: failing,
    },
    HttpErrorRatioCritical: {
      severity: "critical",
      explains: { alerts: ["HttpErrorRatioHigh"], same: ["job"] },
      for: "5m",
      threshold: { default: 0.1, unit: "ratio", min: 0.0001, max: 1 },
      expr: (most) => and(gt(ratio, most), busy),
      summary: `${APP} fails for many users`,
      description: failing,
    },
    // A quantile is never above the bound of the last bucket: at least, so that the highest threshold can be reached.
    HttpLatencyHigh: {
      severity: "warning",
      for: "10m",
      threshold: { default: Math.min(1, longest), unit: "seconds", min: 0.001, max: longest },
      expr: (most) => and(ge(quantile(0.95), most), busy),
      summary: `${APP} answers slowly`,
      description: slow("One in twenty"),
    },
    HttpLatencyCritical: {
      severity: "critical",
      explains: { alerts: ["HttpLatencyHigh"], same: ["job"] },
      for: "10m",
      threshold: { default: Math.min(5, longest), unit: "seconds", min: 0.001, max: longest },
      expr: (most) => and(ge(quantile(0.99), most), busy),
      summary: `${APP} answers very slowly`,
      description: slow("One in a hundred"),
    },
  };
  if (!expectsTraffic) return definitions;
  return {
    ...definitions,
    HttpNoTraffic: {
      severity: "warning",
      for: "15m",
      threshold: { default: 0, unit: "per second", min: 0 },
      expr: (least) => unless(eq(max(metric("up", { job }), { by: ["job"] }), 1), gt(requests, least), { on: ["job"] }),
      summary: `Nobody asks ${APP} anything`,
      description:
        "It is up and gets no more than {threshold} requests, the ignored routes not counted: something before it is broken, or its users are gone.",
    } satisfies AlertDefinition,
  };
}
