import type { AlertDefinitions } from "../components/monitoring/alert";
import { and, div, gt, histogramQuantile, increase, lt, range, rate, sub, sum } from "../components/monitoring/promql";
import { valueTemplate } from "../components/monitoring/quantity";

/** What the operators of the file-sharing back end want to be told; everything else is watched by what every target brings. */
export type FilesAlert = "FilesSuccessRateLow" | "FilesLatencyHigh" | "FilesAuthenticationsFailing";

/** Requests a second below which a ratio or a quantile says nothing: six in five minutes. */
const LEAST_TRAFFIC = 0.02;
const BY_JOB = { by: ["job"] };

/** `job`: of the back end, wherever it runs. Success is an answer of 2xx. */
export function filesAlerts(job: string): AlertDefinitions<FilesAlert> {
  const requests = sum(rate(range("http_requests_total", { job }, "5m")), BY_JOB);
  // As what is left by the others: where nothing succeeds at all, there is no series of 2xx to divide.
  const others = sum(rate(range("http_requests_total", { job, status: { nre: "2.." } }, "5m")), BY_JOB);
  const busy = gt(requests, LEAST_TRAFFIC);
  return {
    FilesSuccessRateLow: {
      severity: "critical",
      for: "5m",
      threshold: { default: 0.95, unit: "ratio", min: 0.01, max: 1 },
      expr: (least) => and(lt(sub(1, div(others, requests)), least), busy),
      summary: "Requests to {{ $labels.job }} fail",
      description: `Only ${valueTemplate("ratio")} of the answers are 2xx (limit {threshold}): people cannot get at their files.`,
    },
    FilesLatencyHigh: {
      severity: "warning",
      for: "5m",
      // The highest bucket of its histogram ends at ten seconds: no quantile is ever above.
      threshold: { default: 1, unit: "seconds", min: 0.005, max: 9.9 },
      expr: (most) =>
        and(
          gt(
            histogramQuantile(
              0.95,
              sum(rate(range("http_request_duration_seconds_bucket", { job }, "5m")), { by: ["job", "le"] }),
            ),
            most,
          ),
          busy,
        ),
      summary: "{{ $labels.job }} answers slowly",
      description: `One in twenty requests takes ${valueTemplate("seconds")} or more (limit {threshold}). People wait, and what waits holds connections.`,
    },
    FilesAuthenticationsFailing: {
      severity: "warning",
      for: "0s",
      keepFiringFor: "5m",
      threshold: { default: 10, unit: "count", min: 1 },
      expr: (most) => gt(sum(increase(range("auth_attempts_total", { job, status: "failure" }, "5m")), BY_JOB), most),
      summary: "Many authentications at {{ $labels.job }} fail",
      description: `${valueTemplate("count")} within five minutes (limit {threshold}): somebody tries passwords, or what people log in with has expired.`,
    },
  };
}
