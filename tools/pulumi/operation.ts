import { UserError } from "../core/errors";
import { CommandError, run } from "../core/exec";
import { ROOT } from "../core/paths";
import type { Progress } from "../core/progress";
import { containerLog, Watch } from "./containers";
import {
  changesSomething,
  describeChanges,
  describeDone,
  describeStep,
  type EngineEvent,
  nameOf,
  parseEvent,
  plain,
  realName,
  type StepMetadata,
} from "./events";
import type { Workspace } from "./workspace";

/** Goes by the cluster that the program names. Without it, that is the one that the state remembers, which may be another by now. */
export const BY_PROGRAM = ["--run-program"];

/** On Kubernetes: looks at what is there. On Docker what is gone is found by asking the engine, which is quicker. */
export const AS_IT_IS = ["--refresh", ...BY_PROGRAM];

/** What an operation has done. */
export interface Outcome {
  /** Such as "4 created, 2 unchanged". */
  readonly changes: string;
  /** Stack outputs; secret ones are masked. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

const CONTAINER = "docker:index/container:Container";

/** Runs `pulumi up` or `pulumi destroy`, with a line per changed resource; a failed container shows the end of its log. */
export async function operate(
  verb: "up" | "destroy",
  workspace: Workspace,
  progress: Progress,
  args: readonly string[] = [],
): Promise<Outcome> {
  const view = new View(verb, progress);
  const base = [verb, "--yes", "--skip-preview", "--json", ...args, ...workspace.selection];
  try {
    await run(workspace.toolchain.pulumi, base, {
      cwd: ROOT,
      env: workspace.env,
      onLine: (line, from) => from === "stdout" && view.show(parseEvent(line)),
    });
  } catch (error) {
    view.abandon();
    if (!(error instanceof CommandError)) throw error;
    for (const name of view.failedContainers) progress.note(view.watch.logs.get(name) ?? (await containerLog(name)));
    throw new UserError(view.failure(workspace.stack) ?? failureOf(verb, workspace.stack, error));
  }
  view.watch.stop();
  return { changes: view.changes, outputs: view.outputs };
}

/** Turns engine events into lines. */
class View {
  readonly #steps = new Map<string, ReturnType<Progress["begin"]>>();
  readonly #errors: string[] = [];
  readonly failedContainers = new Set<string>();
  readonly watch = new Watch();
  changes = "no changes";
  outputs: Readonly<Record<string, unknown>> = {};

  constructor(
    private readonly verb: "up" | "destroy",
    private readonly progress: Progress,
  ) {}

  /** What went wrong, such as the program's own list of problems; undefined when nothing says it. */
  failure(stack: string): string | undefined {
    const failed = [...this.failedContainers];
    const causes = [...new Set(this.#errors)].filter(
      (text) => !failed.some((name) => this.watch.logs.has(name) && isWait(text)),
    );
    const advice =
      `Stack ${stack} is not complete: ${failed.join(", ")} failed; the end of the log is above. Everything else stays as it is: ` +
      "when the cause is removed, run this again, and it goes on from here.";
    return [...causes, ...(failed.length > 0 ? [advice] : [])].join("\n") || undefined;
  }

  show(event: EngineEvent | undefined): void {
    if (!event) return;
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata, true);
    if (event.resOpFailedEvent) this.end(event.resOpFailedEvent.metadata, false);
    if (event.diagnosticEvent) this.diagnose(event.diagnosticEvent);
    if (event.summaryEvent) {
      const { same = 0, ...changes } = event.summaryEvent.resourceChanges;
      // what the program names before a destruction is not what stays
      this.changes = describeChanges(this.verb === "destroy" ? changes : { same, ...changes });
    }
  }

  /** Ends what was under way when Pulumi ended. */
  abandon(): void {
    this.watch.stop();
    for (const step of this.#steps.values()) step.end(false);
    this.#steps.clear();
  }

  private begin(metadata: StepMetadata): void {
    if (!changesSomething(metadata.op) || isStack(metadata) || metadata.op === "replace") return;
    if (metadata.type.startsWith("pulumi:providers:") || metadata.type.startsWith("datastack:")) return;
    this.#steps.set(key(metadata), this.progress.begin(describeStep(metadata)));
    const name = realName(metadata);
    if (metadata.type === CONTAINER && name && metadata.op.startsWith("create")) this.watch.add(name);
  }

  private end(metadata: StepMetadata, well: boolean): void {
    if (isStack(metadata)) this.outputs = metadata.new?.outputs ?? this.outputs;
    const step = this.#steps.get(key(metadata));
    this.#steps.delete(key(metadata));
    step?.end(well, well ? undefined : `not ${describeDone(metadata.op)}`);
    const name = realName(metadata);
    if (name) this.watch.remove(name);
    if (!well && metadata.type === CONTAINER && name) this.failedContainers.add(name);
  }

  private diagnose({ message, severity, urn, ephemeral }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
    const text = plain(message);
    if (!text || ephemeral || severity === "debug") return;
    // the last word of every failed operation, after the words that say why
    if (/^update failed$|^preview failed$|^destroy failed$/.test(text.trim())) return;
    const subject = urn && !urn.includes("pulumi:pulumi:Stack") ? `${nameOf(urn)}: ` : "";
    if (severity === "error") this.#errors.push(`${subject}${text}`);
    // pending operations are dealt with before; the rest is for people
    else if (!text.includes("pending operations from previous deployment")) this.progress.note(`${subject}${text}`);
  }
}

/** The provider's words about a wait that was cut short because the log says more. */
function isWait(text: string): boolean {
  return text.includes("No such container") || text.includes("healthy state");
}

function isStack({ type }: StepMetadata): boolean {
  return type === "pulumi:pulumi:Stack";
}

/** A replacement is two operations on one URN. */
function key({ op, urn }: StepMetadata): string {
  return `${op} ${urn}`;
}

function failureOf(verb: string, stack: string, error: CommandError): string {
  return `pulumi ${verb} of stack ${stack} failed: ${error.stderr.trim() || error.stdout.trim() || error.how}`;
}
