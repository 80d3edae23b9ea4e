import type { Duration } from "../core/units";
import type { Connection } from "../target/connection";

/** Something that Prometheus scrapes. `job` and `instance` labels are the same on every target. */
export interface ScrapeTarget {
  /** The `job` label. */
  readonly job: string;
  readonly workload: string;
  /** `agent`: one per host, `instance` is the host's name where the target knows it, else the workload's. */
  readonly kind: "service" | "agent";
  /** `instance` is `<workload>-<i>` for a stable identity and `<workload>` otherwise. */
  readonly identity: "stable" | "none";
  readonly replicas: number;
  /** Name of the workload's port, and its number. */
  readonly port: { readonly name: string; readonly number: number };
  /** @default "/metrics" */
  readonly path?: string;
  /** @default Prometheus's own scrape interval */
  readonly interval?: Duration;
  /** @default Prometheus's own scrape timeout */
  readonly timeout?: Duration;
  /** Extra labels on every series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** `metric_relabel_configs` entries. */
  readonly metricRelabel?: readonly Readonly<Record<string, unknown>>[];
  /** Traffic that Prometheus needs for it. */
  readonly connection: Connection;
}

/** The metrics page of a service of the stack, under the job of its name. One process without identity, unless `more` says otherwise. */
export function serviceTarget(
  workload: string,
  port: ScrapeTarget["port"],
  connection: Connection,
  more: Partial<ScrapeTarget> = {},
): ScrapeTarget {
  return { job: workload, workload, kind: "service", identity: "none", replicas: 1, port, connection, ...more };
}
