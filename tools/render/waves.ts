import type { Recording, Registration } from "../engine/recording";

/**
 * The wave of every resource, by URN: that of the last resource that it depends on, and one more where there has to be a `gap`
 * between the two: a job has to be done, a workload ready, a namespace or the files of a pod there.
 * @param more URNs that a resource comes after beside its dependencies
 */
export function waves(
  recording: Recording,
  gap: (before: Registration, after: Registration) => boolean,
  more: (registration: Registration) => readonly string[],
): Map<string, number> {
  const byUrn = new Map(recording.resources.map((r) => [r.urn, r]));
  const namespaces = new Map(recording.resources.filter(isNamespace).map((r) => [metadata(r).name, r.urn]));
  const found = new Map<string, number>();

  const before = (r: Registration): string[] => {
    const namespace = namespaces.get(metadata(r).namespace);
    const parent = r.parent && byUrn.get(r.parent)?.custom ? [r.parent] : [];
    return [...r.dependencies, ...more(r), ...parent, ...(namespace ? [namespace] : [])];
  };

  // the SDK waits for dependencies before it registers, so a recording has no cycle
  const waveOf = (registration: Registration): number => {
    const known = found.get(registration.urn);
    if (known !== undefined) return known;
    const after = before(registration)
      .map((urn) => byUrn.get(urn))
      .filter((dependency) => dependency !== undefined)
      .map((dependency) => waveOf(dependency) + (gap(dependency, registration) ? 1 : 0));
    const wave = Math.max(0, ...after);
    found.set(registration.urn, wave);
    return wave;
  };
  for (const registration of recording.resources) waveOf(registration);
  return found;
}

function isNamespace(registration: Registration): boolean {
  return registration.type === "kubernetes:core/v1:Namespace";
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
}

/** A namespace is a plain value wherever it is of use here. */
function metadata(registration: Registration): Metadata {
  return (registration.inputs.metadata ?? {}) as Metadata;
}
