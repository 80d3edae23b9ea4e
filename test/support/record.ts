/**
 * Runs Pulumi code with the real SDK against the recording engine (tools/engine), without a provider or a network:
 *
 *     const recording = await record(() => {
 *       const target = new DockerTarget({ stack: "test" });
 *       new Kafka("kafka", { target, … });
 *     });                                              // { preview: true } for unknown computed outputs
 *
 *     const broker = one(recording, CONTAINER, "kafka-0");  // or only(recording, CONTAINER), all(recording, CONTAINER)
 *     expect(broker.inputs).toMatchObject({ image: "…", restart: "unless-stopped" });
 *     expect(at(broker, "healthcheck.tests[0]")).toBe("CMD");
 *     expect(dependsOn(recording, broker)).toContain("kafka-0-data-owner");   // names, directly
 *     expect(broker.options).toMatchObject({ deleteBeforeReplace: true });    // only what was given is there
 *     await expect(record(() => { … })).rejects.toThrow(ProblemsError);       // what the program throws comes out
 *
 * In `inputs` a secret is `new Secret(value)` (`plain(value)` takes the envelopes off) and an unknown is `UNKNOWN`. A duplicate
 * URN, a parent or dependency that is not registered, an invoke or a lookup reject with an `EngineError` that lists them.
 * Runs are isolated from each other; construct resources only inside the function.
 */
import { recordInProcess } from "../../tools/engine/in-process";
import { seededRandom } from "../../tools/engine/random";
import type { Recording, Registration } from "../../tools/engine/recording";
import { isLeaf, type Properties, plain, Secret, type Value } from "../../tools/engine/values";

export type { LogMessage, Options, Recording, Registration } from "../../tools/engine/recording";
export { EngineError } from "../../tools/engine/recording";
export { hasUnknown, type Properties, plain, Secret, UNKNOWN, type Value } from "../../tools/engine/values";

export interface RecordOptions {
  /** Computed outputs are unknown. @default false */
  readonly preview?: boolean;
  /** In a preview, outputs that repeat inputs are unknown too. @default false */
  readonly opaque?: boolean;
  /** @default "test" */
  readonly stack?: string;
  /** @default "datastack" */
  readonly project?: string;
  /** By full key, such as `datastack:kafkaBrokers`; objects as JSON text. */
  readonly config?: Readonly<Record<string, string>>;
  /** Keys of `config` that are secret. */
  readonly secretConfig?: readonly string[];
  /** What a `StackReference` finds, by full name (`organization/datastack/test`). @default nothing was ever deployed */
  readonly previousOutputs?: Readonly<Record<string, Properties>>;
  /** Random values depend on it alone. @default "seed" */
  readonly seed?: string;
}

export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const IMAGE = "docker:index/remoteImage:RemoteImage";
export const PASSWORD = "random:index/randomPassword:RandomPassword";

/** Type token of a Kubernetes object: `kubernetes("apps/v1", "StatefulSet")`, `kubernetes("core/v1", "Secret")`. */
export function kubernetes(group: string, kind: string): string {
  return `kubernetes:${group}:${kind}`;
}

/** Runs `program` as a Pulumi program and resolves with what it registered. */
export function record(program: () => unknown, options: RecordOptions = {}): Promise<Recording> {
  const { stack = "test", project = "datastack", seed = "seed", ...rest } = options;
  return recordInProcess(program, { stack, project, random: seededRandom(seed), ...rest });
}

/** Every resource of a type, sorted by URN; of all types when none is given. The stack itself is left out. */
export function all(recording: Recording, type?: string): Registration[] {
  return recording.resources.filter((r) => (type === undefined ? r.parent !== undefined : r.type === type));
}

/** The resource of this type and logical name. */
export function one(recording: Recording, type: string, name: string): Registration {
  const found = all(recording, type).filter((r) => r.name === name);
  if (found.length === 1 && found[0]) return found[0];
  const names = all(recording, type).map((r) => r.name);
  throw new Error(
    `${found.length} resources of type ${type} are called ${name}; there are: ${names.join(", ") || "none"}`,
  );
}

/** The one resource of this type. */
export function only(recording: Recording, type: string): Registration {
  const found = all(recording, type);
  if (found.length === 1 && found[0]) return found[0];
  const names = recording.resources.map((r) => `${r.type} ${r.name}`);
  throw new Error(`${found.length} resources are of type ${type}; there are:\n${names.join("\n")}`);
}

/** The input at a path such as `spec.template.spec.containers[0].image`, without secret envelopes; undefined where none is. */
export function at<T = unknown>(registration: Registration, path: string): T {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
  let value: Value | undefined = plain(registration.inputs);
  for (const key of keys) {
    value = isLeaf(value) ? undefined : ((value as Record<string, Value>)[key] as Value | undefined);
    if (value === undefined) break;
  }
  return value as T;
}

/** Whether the input at the path, or something around it, is marked secret. */
export function isSecret(registration: Registration, path: string): boolean {
  let value: Value | undefined = registration.inputs;
  for (const key of path.split(/[.[\]]+/).filter((k) => k !== "")) {
    if (value instanceof Secret) return true;
    if (value === undefined || isLeaf(value)) return false;
    value = (value as Record<string, Value>)[key];
  }
  return value instanceof Secret;
}

/** Logical names of what a resource directly waits for. */
export function dependsOn(recording: Recording, registration: Registration): string[] {
  return registration.dependencies.map((urn) => recording.resources.find((r) => r.urn === urn)?.name ?? urn);
}

/** Logical names of what a resource waits for, directly or through others. */
export function waitsFor(recording: Recording, registration: Registration): Set<string> {
  const seen = new Set<string>();
  const visit = (of: Registration): void => {
    for (const urn of of.dependencies) {
      const next = recording.resources.find((r) => r.urn === urn);
      if (!next || seen.has(urn)) continue;
      seen.add(urn);
      visit(next);
    }
  };
  visit(registration);
  return new Set(recording.resources.filter((r) => seen.has(r.urn)).map((r) => r.name));
}
