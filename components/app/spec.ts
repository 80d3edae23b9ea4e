import { type Image, LOCAL_REPOSITORY } from "../core/images";
import { bytes } from "../core/units";
import type { Resources } from "../target/workload";
import type { AppArgs, AppImage } from "./args";
import { dialectOf, type HttpDialect } from "./http-dialect";

export const RESOURCES: Resources = { cpu: 0.5, memory: "256Mi" };
export const SCRATCH = { "/tmp": "16Mi" } as const;
export const STOP_GRACE = 30;

/** Where the metrics are: on the port of the app itself, or on one of their own. */
export interface MetricsPage {
  readonly port: { readonly name: "http" | "metrics"; readonly number: number };
  readonly path: string;
}

export function imageOf({ source, probe = "bash", ...image }: AppImage): Image {
  const local = image.reference.startsWith(LOCAL_REPOSITORY);
  return { ...image, probe, source: source ?? (local ? "local" : "registry") };
}

export function replicasOf({ replicas = 1 }: Pick<AppArgs, "replicas">): number {
  return Number.isInteger(replicas) && replicas >= 1 ? replicas : 1;
}

/** Several are watched one by one, so each needs an address of its own. */
export function identityOf(args: Pick<AppArgs, "replicas">): "stable" | "none" {
  return replicasOf(args) > 1 ? "stable" : "none";
}

export function metricsPage({ http, metrics }: Pick<AppArgs, "http" | "metrics">): MetricsPage | undefined {
  if (!metrics && !http?.dialect) return undefined;
  const number = metrics?.port ?? http?.port;
  if (number === undefined) return undefined;
  const name = number === http?.port ? "http" : "metrics";
  return { port: { name, number }, path: metrics?.path ?? "/metrics" };
}

export function dialect({ http }: Pick<AppArgs, "http">): HttpDialect | undefined {
  return http?.dialect === undefined ? undefined : dialectOf(http.dialect);
}

/** In MiB; what is no size counts as nothing, and is refused elsewhere. */
export function mebibytes(size: string): number {
  return (bytes(size) ?? 0) / 2 ** 20;
}
