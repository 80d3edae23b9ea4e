/** Manifests as the linters see them: plain objects, and the pods that they make. */

// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, read and broken field by field
export type Fields = any;

export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: Fields;
}

/** A pod as its controller describes it. */
export interface Pod {
  readonly owner: KubeObject;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Fields;
  readonly containers: readonly Fields[];
}

const CONTROLLERS = ["StatefulSet", "Deployment", "DaemonSet", "Job", "CronJob"];

/** Everything that a stack has in a cluster. */
export class Objects {
  constructor(readonly all: readonly KubeObject[]) {}

  of(...kinds: readonly string[]): KubeObject[] {
    return this.all.filter((object) => kinds.includes(object.kind));
  }

  /** One object, for breaking it. */
  one(kind: string, name?: string): Fields {
    const found = this.of(kind).find((object) => name === undefined || object.metadata.name === name);
    if (!found) throw new Error(`There is no ${kind} ${name ?? ""}`);
    return found;
  }

  get pods(): Pod[] {
    return this.of(...CONTROLLERS).map((owner) => {
      const template = templateOf(owner);
      const { containers = [], initContainers = [] } = template.spec;
      return {
        owner,
        namespace: owner.metadata.namespace ?? "default",
        labels: template.metadata.labels ?? {},
        spec: template.spec,
        containers: [...initContainers, ...containers],
      };
    });
  }

  /** Pods that stay: those of jobs come and go. */
  get lasting(): Pod[] {
    return this.pods.filter(({ owner }) => !isJob(owner));
  }

  /** A copy that can be broken. */
  copy(): Objects {
    return new Objects(structuredClone(this.all));
  }
}

export function templateOf(owner: KubeObject): Fields {
  return owner.kind === "CronJob" ? owner.spec.jobTemplate.spec.template : owner.spec.template;
}

export function isJob({ kind }: KubeObject): boolean {
  return kind === "Job" || kind === "CronJob";
}

/** `StatefulSet prod/kafka`. */
export function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ""}${metadata.name}`;
}

/** Whether a selector of labels and expressions selects these labels. */
export function selects(selector: Fields, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }: Fields) => {
      const has = labels[key] !== undefined;
      if (operator === "Exists") return has;
      if (operator === "DoesNotExist") return !has;
      const within = has && values.includes(labels[key]);
      return operator === "In" ? within : !within;
    })
  );
}

/** The pods behind a Service. */
export function behind(service: KubeObject, pods: readonly Pod[]): Pod[] {
  const matchLabels = service.spec.selector;
  if (!matchLabels) return [];
  return pods.filter((pod) => pod.namespace === service.metadata.namespace && selects({ matchLabels }, pod.labels));
}
