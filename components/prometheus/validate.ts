import { checkName } from "../core/names";
import type { Problem } from "../core/problems";
import { bytes, seconds } from "../core/units";
import { checkDuration } from "../monitoring/alert";
import { checkCollected, collect } from "../monitoring/collect";
import { isLabelName } from "../monitoring/labels";
import type { ScrapeTarget } from "../monitoring/scrape";
import { checkPrometheusTuning } from "./alerts";
import type { PrometheusArgs } from "./index";
import { everything, settings } from "./settings";
import { checkExternal, checkKubelet } from "./validate-external";

/** Of a volume, what samples may take at most: the write-ahead log and compaction need the rest. */
export const MAX_RETENTION_SHARE = 0.85;

export function validatePrometheus(name: string, args: PrometheusArgs): Problem[] {
  const collected = collect(everything(name, args));
  return [
    ...checkName("name", name),
    ...checkIntervals(args),
    ...checkRetention(args),
    ...checkExternalLabels(args),
    ...collected.targets.flatMap((target) => checkTarget(args, target)),
    ...checkExternal(
      args.target.kind,
      args.external ?? [],
      collected.targets.map(({ job }) => job),
    ),
    ...(args.external ?? []).flatMap((target) => checkTarget(args, target, `external.${target.job}`)),
    ...checkKubelet(args.target.kind, args.kubelet),
    ...checkCollected("monitoring", collected),
    ...checkPrometheusTuning("alerts", args.alerts),
    ...checkUrl(args.url),
    ...(args.publish && !validPort(args.publish.port)
      ? [{ path: "publish.port", value: args.publish.port, rule: "must be a port, 1 to 65535" }]
      : []),
  ];
}

function checkIntervals(args: PrometheusArgs): Problem[] {
  const { scrapeInterval, scrapeTimeout, evaluationInterval } = settings(args);
  const problems = [
    ...checkDuration("scrapeInterval", scrapeInterval),
    ...checkDuration("scrapeTimeout", scrapeTimeout),
    ...checkDuration("evaluationInterval", evaluationInterval),
  ];
  if (problems.length > 0) return problems;
  return checkTimeout("scrapeTimeout", scrapeTimeout, scrapeInterval);
}

function checkTimeout(path: string, timeout: string, interval: string): Problem[] {
  if ((seconds(timeout) ?? 0) <= (seconds(interval) ?? 0)) return [];
  return [{ path, value: timeout, rule: `must be at most the scrape interval (${interval})` }];
}

/** A target with an interval or a timeout of its own, against what it inherits for the other. */
function checkTarget(
  args: PrometheusArgs,
  target: Pick<ScrapeTarget, "job" | "interval" | "timeout">,
  at = `monitoring.targets.${target.job}`,
): Problem[] {
  if (target.interval === undefined && target.timeout === undefined) return [];
  const { scrapeInterval, scrapeTimeout } = settings(args);
  const problems = [
    ...(target.interval === undefined ? [] : checkDuration(`${at}.interval`, target.interval)),
    ...(target.timeout === undefined ? [] : checkDuration(`${at}.timeout`, target.timeout)),
  ];
  if (problems.length > 0) return problems;
  return checkTimeout(`${at}.timeout`, target.timeout ?? scrapeTimeout, target.interval ?? scrapeInterval);
}

function checkRetention(args: PrometheusArgs): Problem[] {
  const { retention, storage } = settings(args);
  const problems = checkDuration("retention.time", retention.time);
  const disk = bytes(storage.size);
  if (disk === undefined || disk <= 0) {
    return [...problems, { path: "storage.size", value: storage.size, rule: "must be a size such as 10Gi" }];
  }
  const size = bytes(retention.size);
  if (size === undefined || size < 2 ** 20) {
    return [...problems, { path: "retention.size", value: retention.size, rule: "must be a size of at least 1Mi" }];
  }
  if (size > disk * MAX_RETENTION_SHARE) {
    const most = `${Math.floor((disk * MAX_RETENTION_SHARE) / 2 ** 20)}Mi`;
    problems.push({
      path: "retention.size",
      value: retention.size,
      rule: `is above ${MAX_RETENTION_SHARE * 100} % of the disk (storage.size ${storage.size}, so at most ${most})`,
      fix: "Lower it or enlarge the volume: the write-ahead log and compaction need the rest",
    });
  }
  return problems;
}

function checkExternalLabels(args: PrometheusArgs): Problem[] {
  return Object.keys(args.externalLabels ?? {})
    .filter((label) => !isLabelName(label))
    .map((label) => ({
      path: `externalLabels.${label}`,
      rule: "must be a label name: letters, digits and _, not beginning with a digit",
    }));
}

/** A path in it would become part of every path, those of probes and of Grafana too. */
function checkUrl(url: string | undefined): Problem[] {
  if (url === undefined || /^https?:\/\/[^\s/?#@]+\/?$/.test(url)) return [];
  return [
    { path: "url", value: url, rule: 'must be an address such as "https://prometheus.example.com", without a path' },
  ];
}

function validPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
