import { seconds } from "../core/units";
import type { Severity } from "../monitoring/monitoring";
import { LOOPBACK } from "../target/workload";
import type { AlertmanagerArgs } from "./index";

export const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];

/** The args with their defaults, as documented there. */
export function settings(args: Omit<AlertmanagerArgs, "target">) {
  const { receivers = {}, watchdog, routes = {}, repeat = {} } = args;
  const people = Object.keys(receivers)
    .filter((name) => name !== watchdog?.receiver)
    .sort();
  return {
    receivers,
    monitoring: args.monitoring ?? [],
    watchdog: watchdog ? { receiver: watchdog.receiver, every: watchdog.every ?? ("5m" as const) } : undefined,
    routes: {
      critical: routes.critical ?? people,
      warning: routes.warning ?? people,
      info: routes.info ?? [],
    },
    repeat: {
      critical: repeat.critical ?? ("1h" as const),
      warning: repeat.warning ?? ("4h" as const),
      info: repeat.info ?? ("12h" as const),
    },
    groupWait: args.groupWait ?? ("30s" as const),
    groupInterval: args.groupInterval ?? ("5m" as const),
    storage: args.storage ?? { size: "1Gi" as const },
    resources: args.resources ?? { cpu: 0.25, memory: "128Mi" as const },
    url: args.url ?? (args.publish ? `http://${LOOPBACK}:${args.publish.port}` : undefined),
  };
}

export type Settings = ReturnType<typeof settings>;

/** The names of all receivers that something is sent to, sorted. */
export function told({ routes }: Settings): string[] {
  return [...new Set(SEVERITIES.flatMap((severity) => routes[severity]))].sort();
}

/**
 * The times of a route that repeats every so often. Alertmanager looks at each group interval whether the last notification is
 * older than the repetition; it is a little younger than the tick that caused it, so that a repetition of the whole would
 * come one tick late each time.
 */
export function repeating(every: string) {
  const whole = seconds(every) ?? 0;
  const half = whole % 2 === 0 ? `${whole / 2}s` : `${whole * 500}ms`;
  return { group_wait: "0s", group_interval: half, repeat_interval: `${whole - 10}s` };
}
