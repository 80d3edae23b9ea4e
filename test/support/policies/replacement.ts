import type { Recording, Registration } from "../../../tools/engine/recording";
import { hasUnknown, plain, type Value } from "../../../tools/engine/values";

/** Fields whose change makes the provider delete an object and make it again. */
const REPLACING: Readonly<Record<string, readonly string[]>> = {
  StatefulSet: ["podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates"].map(
    (field) => `spec.${field}`,
  ),
  Deployment: ["spec.selector"],
  DaemonSet: ["spec.selector"],
  Job: ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  PersistentVolumeClaim: ["accessModes", "selector", "storageClassName", "volumeName"].map((field) => `spec.${field}`),
  Service: ["spec.clusterIP"],
  RoleBinding: ["roleRef"],
  ClusterRoleBinding: ["roleRef"],
  PriorityClass: ["value", "preemptionPolicy"],
  Secret: ["type"],
};

/** What changes with the secrets of a job: it has to run again with the new ones. */
const CHECKSUM = "spec.template.metadata.annotations.datastack.io/secrets-checksum";

/**
 * Fields of a preview in which nothing computed is known that would replace an object, were they another value afterwards: an
 * object made again takes its pods, or its data, with it.
 */
export function derivedReplacements(preview: Recording): string[] {
  return preview.resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .flatMap((resource) => {
      const kind = resource.type.slice(resource.type.lastIndexOf(":") + 1);
      const paths = ["metadata.name", "metadata.namespace", ...(REPLACING[kind] ?? [])];
      return paths
        .flatMap((path) => unknownIn(at(resource, path), path))
        .flatMap((path) => (path === CHECKSUM ? [] : [`${kind} ${resource.name}: ${path}`]));
    });
}

function at(resource: Registration, path: string): Value | undefined {
  let value: Value | undefined = plain(resource.inputs);
  for (const key of path.split(".")) {
    if (value === undefined || value === null || typeof value !== "object") return value;
    value = (value as Readonly<Record<string, Value>>)[key];
  }
  return value;
}

/** The innermost fields that are unknown. */
function unknownIn(value: Value | undefined, path: string): string[] {
  if (value === undefined || !hasUnknown(value)) return [];
  if (value === null || typeof value !== "object" || value.constructor !== Object) {
    return Array.isArray(value) ? value.flatMap((item, i) => unknownIn(item, `${path}.${i}`)) : [path];
  }
  return Object.entries(value as Readonly<Record<string, Value>>).flatMap(([key, item]) =>
    unknownIn(item, `${path}.${key}`),
  );
}
