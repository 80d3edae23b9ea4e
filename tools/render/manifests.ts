import { UserError } from "../core/errors";
import { NO_BCRYPT } from "../engine/random-provider";
import type { Recording, Registration } from "../engine/recording";
import { isLeaf, isList, type Properties, plain, Reference, Secret, Unknown, type Value } from "../engine/values";
import { waves } from "./waves";

/** One Kubernetes object, ready to be written. */
export interface Manifest {
  readonly kind: string;
  readonly name: string;
  /** Undefined for objects that have none, such as namespaces themselves. */
  readonly namespace?: string;
  /** Folder: everything of an earlier wave is there, and ready, before. */
  readonly wave: number;
  readonly object: Properties;
  /** What to wait for once it is applied. */
  readonly wait?: Wait;
  /** Of a job that set something up in volumes: their claims. It has to run again when one of them is new. */
  readonly again?: readonly string[];
}

export interface Wait {
  readonly for: "complete" | "rollout";
  /** Something in a later wave depends on it; otherwise it is waited for at the end, when everything is on its way. */
  readonly blocking: boolean;
  /** Seconds. */
  readonly timeout: number;
}

const ROLLOUTS = new Set(["StatefulSet", "Deployment", "DaemonSet"]);

/** Pulumi's own default for workloads and jobs, in seconds. */
const DEFAULT_TIMEOUT = 600;

/** Objects of a recorded Kubernetes stack, in a stable order. Throws one `UserError` with everything that cannot be rendered. */
export function manifestsOf(recording: Recording): Manifest[] {
  const docker = recording.resources.some((r) => r.type.startsWith("docker:"));
  const objects = recording.resources.filter((r) => r.custom && r.type.startsWith("kubernetes:"));
  if (objects.length === 0) {
    const why = docker ? "runs on Docker, which has no manifests" : "has no Kubernetes objects";
    throw new UserError(`Stack ${recording.stack} ${why}. Render a stack whose datastack:target is kubernetes.`);
  }
  const problems: string[] = [];
  const claims = recording.resources.filter((r) => r.type === "kubernetes:core/v1:PersistentVolumeClaim");
  const setUp = new Map(objects.map((r) => [r.urn, claims.filter((claim) => isTriggeredBy(r, claim))]));
  const wave = waves(
    recording,
    (before, after) => waitOf(before) !== undefined || precedes(before, after),
    (r) => (setUp.get(r.urn) ?? []).map((claim) => claim.urn),
  );
  const manifests = objects.flatMap((r) => {
    const again = (setUp.get(r.urn) ?? []).map((claim) => String(metadataOf(claim.inputs).name)).sort();
    const wait = waitOf(r);
    const blocking = recording.resources.some(({ dependencies }) => dependencies.includes(r.urn));
    return manifestOf(r, wave.get(r.urn) ?? 0, problems).map((manifest) => ({
      ...manifest,
      ...(wait ? { wait: { ...wait, blocking } } : {}),
      ...(again.length > 0 ? { again } : {}),
    }));
  });
  const seen = new Map<string, string>();
  for (const m of manifests) {
    const id = idOf(m);
    if (seen.has(id)) problems.push(`${id} is declared twice.`);
    seen.set(id, id);
  }
  if (problems.length > 0) {
    throw new UserError(
      [`Stack ${recording.stack} cannot be rendered:`, ...problems.map((p) => `  - ${p}`)].join("\n"),
    );
  }
  return manifests.sort((a, b) => a.wave - b.wave || (idOf(a) < idOf(b) ? -1 : 1));
}

/** `StatefulSet prod/kafka`. */
export function idOf(manifest: Pick<Manifest, "kind" | "name" | "namespace">): string {
  return `${manifest.kind} ${manifest.namespace ? `${manifest.namespace}/` : ""}${manifest.name}`;
}

function manifestOf(registration: Registration, wave: number, problems: string[]): Manifest[] {
  const { type, urn } = registration;
  if (/:(List|.*List|.*Patch)$/.test(type)) {
    problems.push(`${urn}: lists and patches are no objects of their own.`);
    return [];
  }
  const kind = type.slice(type.lastIndexOf(":") + 1);
  const object = plain(registration.inputs) as Properties;
  const { name, namespace } = (object.metadata ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name === "") {
    problems.push(`${urn}: metadata.name is missing. Pulumi would make one up, a manifest needs it written.`);
    return [];
  }
  const manifest: Manifest = {
    kind,
    name,
    ...(typeof namespace === "string" ? { namespace } : {}),
    wave,
    object: withoutPulumiAnnotations(object),
  };
  // the file of secrets is private, so there they may be anywhere
  const secretsAllowed = kind === "Secret";
  for (const [path, value] of leaves(registration.inputs, "")) {
    if (value instanceof Secret && !secretsAllowed) {
      problems.push(`${idOf(manifest)}: ${path} is secret, and only a Secret may carry it.`);
    }
    if (value instanceof Unknown) problems.push(`${idOf(manifest)}: ${path} is known only to the cluster.`);
    if (value instanceof Reference) problems.push(`${idOf(manifest)}: ${path} is a resource, not a value.`);
    const content = value instanceof Secret ? JSON.stringify(value.value) : value;
    if (typeof content === "string" && content.includes(NO_BCRYPT)) {
      problems.push(`${idOf(manifest)}: ${path} uses bcryptHash, which only the real provider computes.`);
    }
  }
  return [manifest];
}

/** A trigger for replacement is made from the uid of what makes it new, and in a recording every object has its own. */
function isTriggeredBy(registration: Registration, claim: Registration): boolean {
  const trigger = registration.options.replacementTrigger;
  const uid = metadataOf(claim.result.properties).uid;
  return trigger !== undefined && typeof uid === "string" && JSON.stringify(plain(trigger)).includes(uid);
}

function metadataOf(properties: Properties): Properties {
  return (plain(properties.metadata ?? {}) ?? {}) as Properties;
}

/** What Pulumi would wait for, too. */
function waitOf(registration: Registration): Omit<Wait, "blocking"> | undefined {
  const kind = registration.type.slice(registration.type.lastIndexOf(":") + 1);
  const complete = registration.type === "kubernetes:batch/v1:Job";
  const rollout = registration.type.startsWith("kubernetes:apps/v1:") && ROLLOUTS.has(kind);
  const annotations = annotationsOf(plain(registration.inputs) as Properties);
  if ((!complete && !rollout) || annotations["pulumi.com/skipAwait"] === "true") return undefined;
  const own = Number(annotations["pulumi.com/timeoutSeconds"]);
  const timeout = own > 0 ? own : (goSeconds(registration.options.customTimeouts?.create) ?? DEFAULT_TIMEOUT);
  return { for: complete ? "complete" : "rollout", timeout };
}

/** Has to be there before the other is sent at all: pods that come too early are tried again, but only after some time. */
function precedes(before: Registration, after: Registration): boolean {
  if (/:(Namespace|CustomResourceDefinition)$/.test(before.type)) return true;
  return before.type.startsWith("kubernetes:") && !hasPods(before) && hasPods(after);
}

function hasPods(registration: Registration): boolean {
  return /^kubernetes:(apps|batch)\//.test(registration.type) || registration.type === "kubernetes:core/v1:Pod";
}

/** Annotations of Pulumi's are instructions to its provider. */
function withoutPulumiAnnotations(object: Properties): Properties {
  const own = Object.entries(annotationsOf(object)).filter(([key]) => !key.startsWith("pulumi.com/"));
  const { annotations: _, ...metadata } = object.metadata as Properties;
  return {
    ...object,
    metadata: own.length > 0 ? { ...metadata, annotations: Object.fromEntries(own) } : metadata,
  };
}

function annotationsOf(object: Properties): Properties {
  return ((object.metadata as Properties | undefined)?.annotations ?? {}) as Properties;
}

/** "5m30s" as Go writes durations. */
function goSeconds(text: string | undefined): number | undefined {
  if (!text || !/^(\d+(\.\d+)?[hms])+$/.test(text)) return undefined;
  const unit: Record<string, number> = { h: 3600, m: 60, s: 1 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)];
  return Math.ceil(parts.reduce((sum, [, count, u]) => sum + Number(count) * (unit[u ?? "s"] ?? 1), 0));
}

/** Values with their paths; a secret is one value, whatever is in it. */
function leaves(value: Value, path: string): [string, Value][] {
  if (value instanceof Secret || isLeaf(value)) return [[path, value]];
  if (isList(value)) return value.flatMap((v, i) => leaves(v, `${path}[${i}]`));
  return Object.entries(value as Properties).flatMap(([k, v]) => leaves(v, path ? `${path}.${k}` : k));
}
