import { UserError } from "../core/errors";
import { CommandError, capture, run } from "../core/exec";
import { ROOT } from "../core/paths";
import type { Progress } from "../core/progress";
import {
  changesSomething,
  describeChanges,
  describeDone,
  describeStep,
  type EngineEvent,
  nameOf,
  parseEvent,
  plain,
  type StepMetadata,
} from "./events";
import type { Workspace } from "./workspace";

/** What an operation has done. */
export interface Outcome {
  /** Such as "4 created, 2 unchanged". */
  readonly changes: string;
  /** Stack outputs; secret ones are masked. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Lines of a failed container's log that are shown. */
const LOG_TAIL = 40;

const CONTAINER = "docker:index/container:Container";

/** Runs `pulumi up` or `pulumi destroy`, with a line per changed resource; a failed container shows the end of its log. */
export async function operate(
  verb: "up" | "destroy",
  workspace: Workspace,
  progress: Progress,
  args: readonly string[] = [],
): Promise<Outcome> {
  const view = new View(progress);
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
    for (const name of view.failedContainers) progress.note(await containerLog(name));
    throw new UserError(view.failure ?? failureOf(verb, workspace.stack, error));
  }
  return { changes: view.changes, outputs: view.outputs };
}

/** Turns engine events into lines. */
class View {
  readonly #steps = new Map<string, ReturnType<Progress["begin"]>>();
  readonly #errors: string[] = [];
  readonly failedContainers = new Set<string>();
  changes = "no changes";
  outputs: Readonly<Record<string, unknown>> = {};

  constructor(private readonly progress: Progress) {}

  /** The program's own message, such as a list of problems; undefined when there is none. */
  get failure(): string | undefined {
    return this.#errors.length > 0 ? [...new Set(this.#errors)].join("\n") : undefined;
  }

  show(event: EngineEvent | undefined): void {
    if (!event) return;
    if (event.resourcePreEvent) this.begin(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.end(event.resOutputsEvent.metadata, true);
    if (event.resOpFailedEvent) this.end(event.resOpFailedEvent.metadata, false);
    if (event.diagnosticEvent) this.diagnose(event.diagnosticEvent);
    if (event.summaryEvent) this.changes = describeChanges(event.summaryEvent.resourceChanges);
  }

  /** Ends what was under way when Pulumi ended. */
  abandon(): void {
    for (const step of this.#steps.values()) step.end(false);
    this.#steps.clear();
  }

  private begin(metadata: StepMetadata): void {
    if (!changesSomething(metadata.op) || isStack(metadata) || metadata.op === "replace") return;
    if (metadata.type.startsWith("pulumi:providers:") || metadata.type.startsWith("datastack:")) return;
    this.#steps.set(key(metadata), this.progress.begin(describeStep(metadata)));
  }

  private end(metadata: StepMetadata, well: boolean): void {
    if (isStack(metadata)) this.outputs = metadata.new?.outputs ?? this.outputs;
    const step = this.#steps.get(key(metadata));
    this.#steps.delete(key(metadata));
    step?.end(well, well ? undefined : `not ${describeDone(metadata.op)}`);
    const name = metadata.new?.inputs?.name;
    if (!well && metadata.type === CONTAINER && typeof name === "string") this.failedContainers.add(name);
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

/** The end of a container's log and what its health check said last, which is mostly why a wait has failed. */
async function containerLog(name: string): Promise<string> {
  try {
    const { stdout, stderr } = await run("docker", ["logs", "--tail", String(LOG_TAIL), name]);
    const health = await capture("docker", [
      ...["inspect", "--format"],
      '{{.State.Status}}{{if .State.ExitCode}}, exit code {{.State.ExitCode}}{{end}}{{with .State.Health}}, {{.Status}}{{range .Log}}{{"\\n"}}{{.Output}}{{end}}{{end}}',
      name,
    ]);
    const [status, ...checks] = health.split("\n").filter(Boolean);
    const last = checks.at(-1);
    return [
      `Log of ${name} (${status}), the last ${LOG_TAIL} lines:`,
      ...`${stdout}${stderr}`
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`),
      ...(last ? [`  health check: ${last}`] : []),
    ].join("\n");
  } catch {
    return `There is no container ${name} any more, and so no log.`;
  }
}
