/** The parts of Pulumi's engine events (`--json`, one per line) that are shown. */
export interface EngineEvent {
  readonly preludeEvent?: object;
  readonly resourcePreEvent?: { readonly metadata: StepMetadata };
  readonly resOutputsEvent?: { readonly metadata: StepMetadata };
  readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
  readonly diagnosticEvent?: {
    readonly urn?: string;
    readonly message: string;
    readonly severity: "info" | "info#err" | "warning" | "error" | "debug";
    readonly ephemeral?: boolean;
  };
  readonly summaryEvent?: {
    readonly resourceChanges: Readonly<Record<string, number>>;
    readonly durationSeconds: number;
  };
  readonly cancelEvent?: object;
}

export interface StepMetadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old?: StepState | null;
  readonly new?: StepState | null;
}

interface StepState {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Deleting it takes it out of the state only. */
  readonly retainOnDelete?: boolean;
}

/** An event, or undefined for a line that is none. */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

/** Operations that do nothing to the resource. */
const IDLE = new Set(["same", "read", "refresh", "discard", "discard-replaced", "import"]);

export function changesSomething(op: string): boolean {
  return !IDLE.has(op);
}

const DONE: Readonly<Record<string, string>> = {
  create: "created",
  "create-replacement": "created anew",
  update: "updated",
  delete: "deleted",
  "delete-replaced": "old one deleted",
  replace: "replaced",
};

const DOING: Readonly<Record<string, string>> = {
  create: "Create",
  "create-replacement": "Create anew",
  update: "Update",
  delete: "Delete",
  "delete-replaced": "Delete old",
  replace: "Replace",
};

/** "Create docker container dev-kafka-0". */
export function describeStep(metadata: StepMetadata): string {
  const { op, urn, type, old } = metadata;
  const doing = op === "delete" && old?.retainOnDelete ? "Keep" : (DOING[op] ?? op);
  return `${doing} ${kindOf(type)} ${realName(metadata) ?? nameOf(urn)}`;
}

/** Name that the resource has where it runs, if it has an explicit one. */
export function realName({ old, new: now }: StepMetadata): string | undefined {
  const name = now?.inputs?.name ?? old?.inputs?.name;
  return typeof name === "string" ? name : undefined;
}

export function describeDone(op: string): string {
  return DONE[op] ?? op;
}

/** Last part of a URN. */
export function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** `docker:index/container:Container` as "docker container". */
export function kindOf(type: string): string {
  const [pkg = "", , kind = ""] = type.split(":");
  const words = kind.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return pkg === "pulumi" || words.startsWith(pkg) ? words : `${pkg} ${words}`;
}

/** Text without Pulumi's colour marks. */
export function plain(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "").trimEnd();
}

/** "4 created, 2 unchanged". */
export function describeChanges(changes: Readonly<Record<string, number>>): string {
  const words = Object.entries(changes)
    .filter(([op, count]) => changesSomething(op) && count > 0)
    .map(([op, count]) => `${count} ${DONE[op] ?? op}`);
  const same = changes.same ?? 0;
  if (words.length === 0) return `no changes, ${same} resources`;
  return [...words, ...(same > 0 ? [`${same} unchanged`] : [])].join(", ");
}
