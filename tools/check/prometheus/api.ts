import { UserError } from "../../core/errors";
import type { Instance, Running } from "../running";

/** An entry of `/api/v1/targets`. */
export interface ActiveTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeUrl: string;
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
  readonly lastScrape: string;
}

export interface Rule {
  readonly type: "alerting" | "recording";
  readonly name: string;
  readonly query: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly lastEvaluation: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly state?: "inactive" | "pending" | "firing";
  /** Its active instances, with their templates expanded. */
  readonly alerts?: readonly {
    readonly state: "pending" | "firing";
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds and the value as text. */
  readonly value: readonly [number, string];
}

/**
 * The HTTP API of a stack's Prometheus, asked from inside its own container: that works on a remote engine and in a cluster too,
 * and needs no published port.
 */
export class PrometheusApi {
  constructor(
    private readonly running: Running,
    private readonly instance: Instance,
    private readonly port: number,
  ) {}

  async activeTargets(): Promise<readonly ActiveTarget[]> {
    return (await this.get<{ activeTargets: ActiveTarget[] }>("targets?state=active")).activeTargets;
  }

  async ruleGroups(): Promise<readonly RuleGroup[]> {
    return (await this.get<{ groups: RuleGroup[] }>("rules")).groups;
  }

  /** Names of all metrics that have samples. */
  metricNames(): Promise<readonly string[]> {
    return this.get("label/__name__/values");
  }

  /** The configuration file as it was loaded. */
  async loadedConfig(): Promise<string> {
    return (await this.get<{ yaml: string }>("status/config")).yaml;
  }

  /** What it keeps, in its own words, such as `15d or 8GiB`. */
  async retention(): Promise<string> {
    return (await this.get<{ storageRetention: string }>("status/runtimeinfo")).storageRetention;
  }

  /** Addresses of the Alertmanagers that alerts are sent to. */
  async alertmanagers(): Promise<readonly string[]> {
    const { activeAlertmanagers } = await this.get<{ activeAlertmanagers: { url: string }[] }>("alertmanagers");
    return activeAlertmanagers.map(({ url }) => url);
  }

  async query(expr: string): Promise<readonly Sample[]> {
    return (await this.get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
  }

  private async get<T>(path: string): Promise<T> {
    const url = `http://127.0.0.1:${this.port}/api/v1/${path}`;
    const { code, stdout, stderr } = await this.running.exec(this.instance, ["wget", "-q", "-O", "-", url]);
    if (code !== 0) throw new UserError(`Prometheus does not answer ${url}: ${stderr.trim() || `exit code ${code}`}`);
    const answer = JSON.parse(stdout) as { status: string; data: T; error?: string };
    if (answer.status !== "success") throw new UserError(`Prometheus answers ${url} with: ${answer.error}`);
    return answer.data;
  }
}
