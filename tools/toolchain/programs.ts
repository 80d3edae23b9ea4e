import * as fs from "node:fs";
import { inRoot } from "../core/paths";
import type { GoProgram } from "./go";

/** A provider plugin; the engine looks for exactly the version of the npm SDK. */
export interface Plugin {
  readonly name: "docker" | "random" | "kubernetes";
  readonly version: string;
  /** How it is built where the official one cannot be had; none = official download only. */
  readonly build?: GoProgram;
}

/** The engine, and the SDK that programs use: the newest whose source the public Go module mirror carries whole. */
export const PULUMI_VERSION = "3.259.0";

/** Oldest `pulumi` on PATH that is taken. */
export const MIN_PULUMI = PULUMI_VERSION;

export const PULUMI: GoProgram = {
  name: "pulumi",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${PULUMI_VERSION}` },
};

/** Runs programs in Node.js; the last version that can be built as a module of its own, and still the same protocol. */
export const LANGUAGE_NODEJS: GoProgram = {
  name: "pulumi-language-nodejs",
  package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.68.0" },
};

/** The plugins of the SDKs in package.json. */
export function plugins(): readonly Plugin[] {
  const docker = sdkVersion("@pulumi/docker");
  const random = sdkVersion("@pulumi/random");
  return [
    { name: "docker", version: docker, build: bridged("docker", docker) },
    { name: "random", version: random, build: bridged("random", random) },
    { name: "kubernetes", version: sdkVersion("@pulumi/kubernetes") },
  ];
}

/** Where Prometheus and its kin keep the version that they name when asked. */
const versioned = (version: string) => ({ "github.com/prometheus/common/version.Version": version });

/** Service discovery of the targets only (file and HTTP discovery are always in): a third of the code, as much of the time. */
const DISCOVERY = ["remove_all_sd", "enable_kubernetes_sd", "enable_dns_sd"];

/** Version of Prometheus and promtool; its Go module is numbered v0.313.2. */
export const PROMETHEUS_VERSION = "3.13.2";
export const PROMETHEUS: GoProgram = {
  name: "prometheus",
  package: "github.com/prometheus/prometheus/cmd/prometheus",
  tags: DISCOVERY,
  variables: versioned(PROMETHEUS_VERSION),
};

export const PROMTOOL: GoProgram = {
  name: "promtool",
  dir: inRoot("tools/toolchain/go/prometheus"),
  package: "github.com/prometheus/prometheus/cmd/promtool",
  tags: DISCOVERY,
  variables: versioned(PROMETHEUS_VERSION),
};

export const NODE_EXPORTER_VERSION = "1.12.1";
export const NODE_EXPORTER: GoProgram = {
  name: "node_exporter",
  dir: inRoot("tools/toolchain/go/node-exporter"),
  package: "github.com/prometheus/node_exporter",
  variables: versioned(NODE_EXPORTER_VERSION),
};

export const KAFKA_EXPORTER: GoProgram = {
  name: "kafka_exporter",
  dir: inRoot("tools/toolchain/go/kafka-exporter"),
  package: "github.com/grafana/kafka_exporter",
};

export const POSTGRES_EXPORTER_VERSION = "0.19.1";
export const POSTGRES_EXPORTER: GoProgram = {
  name: "postgres_exporter",
  dir: inRoot("tools/toolchain/go/postgres-exporter"),
  package: "github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter",
  variables: versioned(POSTGRES_EXPORTER_VERSION),
};

export const REDIS_EXPORTER_VERSION = "1.88.0";
export const REDIS_EXPORTER: GoProgram = {
  name: "redis_exporter",
  dir: inRoot("tools/toolchain/go/redis-exporter"),
  package: "github.com/oliver006/redis_exporter",
  variables: {
    "main.BuildVersion": `v${REDIS_EXPORTER_VERSION}`,
    "main.BuildCommitSha": "unknown",
    "main.BuildDate": "unknown",
  },
};

export const KUBE_STATE_METRICS_VERSION = "2.20.0";
export const KUBE_STATE_METRICS: GoProgram = {
  name: "kube-state-metrics",
  package: "k8s.io/kube-state-metrics/v2",
  variables: versioned(KUBE_STATE_METRICS_VERSION),
};

export const ALERTMANAGER_VERSION = "0.34.2";
/** Its module has the sources of the web interface, not the files that the compiler embeds. */
const alertmanagerProgram = (name: string): GoProgram => ({
  name,
  dir: inRoot("tools/toolchain/go/alertmanager"),
  overlay: `github.com/prometheus/alertmanager@v${ALERTMANAGER_VERSION}`,
  package: `./cmd/${name}`,
  variables: versioned(ALERTMANAGER_VERSION),
});
export const ALERTMANAGER = alertmanagerProgram("alertmanager");
export const AMTOOL = alertmanagerProgram("amtool");

/** Says what it thinks of rendered manifests, in the tests. */
export const KUBE_SCORE: GoProgram = { name: "kube-score", package: "github.com/zegl/kube-score/cmd/kube-score" };

/** The exact version of an npm dependency, as package.json pins it. */
export function sdkVersion(name: string): string {
  const version = packageJson().dependencies?.[name] ?? packageJson().devDependencies?.[name];
  if (!version || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`package.json must pin ${name} to an exact version, and has ${version ?? "none"}.`);
  }
  return version;
}

type Dependencies = Record<string, string>;
let parsed: { dependencies?: Dependencies; devDependencies?: Dependencies } | undefined;

function packageJson(): NonNullable<typeof parsed> {
  parsed ??= JSON.parse(fs.readFileSync(inRoot("package.json"), "utf8")) as NonNullable<typeof parsed>;
  return parsed;
}

function bridged(name: string, version: string): GoProgram {
  return { name: `pulumi-resource-${name}`, variables: { "main.version": version } };
}
