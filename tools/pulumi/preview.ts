import { declareStack } from "../../stacks/systems";
import { UserError } from "../core/errors";
import { CommandError, run } from "../core/exec";
import { ROOT } from "../core/paths";
import { Progress } from "../core/progress";
import { ensureEngine } from "../docker/engine";
import { refuseWrongCluster } from "./cluster-guard";
import { unifiedDiff } from "./diff";
import { lookAtEngine } from "./engine-facts";
import { refuseWrongEngine } from "./engine-guard";
import { changesSomething, describeChanges, describeStep, kindOf, nameOf, plain } from "./events";
import { copiedConfig, ensureHome, previewCopy, writeConfigCopy } from "./home";
import { AS_IT_IS } from "./operation";
import { imagesAhead, toolchainOf, useEngineOf } from "./prepare";
import { readSubject, runValues } from "./stack-config";
import { Workspace } from "./workspace";

/** What `pulumi preview --json` prints, as far as it is shown. */
export interface Digest {
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly { readonly message: string; readonly severity: string; readonly urn?: string }[];
  readonly changeSummary?: Readonly<Record<string, number>>;
}

interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: PreviewState;
  readonly newState?: PreviewState;
  readonly replaceReasons?: readonly string[];
  readonly diffReasons?: readonly string[];
}

interface PreviewState {
  readonly type: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** Prints what `up` would change. */
export async function preview(stack: string, options: { yes: boolean; configFile?: string }): Promise<void> {
  const progress = new Progress();
  const subject = readSubject(stack, options.configFile);
  useEngineOf(subject);
  ensureHome();
  // the provider asks its engine for its version before anything else
  const engine = subject.config.target === "docker" ? await ensureEngine(progress, options) : undefined;
  const toolchain = await toolchainOf(subject, progress);
  const env = engine ? { DOCKER_HOST: engine.host } : {};
  const workspace = new Workspace(subject.project, stack, toolchain, env, previewCopy(stack));
  const images = await imagesAhead(subject, declareStack(stack, subject.config).blueprint.plans());
  const state = await workspace.find();
  await (engine
    ? refuseWrongEngine(workspace, await lookAtEngine(stack, engine.host), state)
    : refuseWrongCluster(subject, state));
  const values = runValues(subject, images, []);
  // Pulumi writes the salt of a new stack into it
  if (!copiedConfig(stack)) writeConfigCopy(stack, subject.source, values);
  if (!state) await workspace.create();
  writeConfigCopy(stack, subject.source, values, workspace.configFile);
  const digest = await progress.step("pulumi preview", () => digestOf(workspace, engine ? [] : AS_IT_IS));
  process.stdout.write(`${report(digest).join("\n")}\n`);
}

async function digestOf(workspace: Workspace, more: readonly string[]): Promise<Digest> {
  // secrets are shown to this process only: it prints no file that is one
  const args = ["preview", "--json", "--show-secrets", ...more, ...workspace.selection];
  try {
    const { stdout } = await run(workspace.toolchain.pulumi, args, { cwd: ROOT, env: workspace.env });
    return JSON.parse(stdout) as Digest;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new UserError(errorsOf(error.stdout) ?? error.stderr.trim());
  }
}

/** The program's own messages in a digest that ends with an error. */
function errorsOf(stdout: string): string | undefined {
  try {
    const { diagnostics = [] } = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Digest;
    const errors = diagnostics.filter((d) => d.severity === "error").map((d) => plain(d.message).trim());
    return errors.filter((text) => text !== "preview failed").join("\n") || undefined;
  } catch {
    return undefined;
  }
}

/** Lines of a preview: one per changed resource with what changes in it, and the differences of its files. */
export function report(digest: Digest): string[] {
  const lines: string[] = [];
  for (const step of digest.steps ?? []) {
    const type = (step.newState ?? step.oldState)?.type ?? "";
    // a replacement comes as three steps; the middle one says why
    if (
      !changesSomething(step.op) ||
      type === "pulumi:pulumi:Stack" ||
      /^(create-replacement|delete-replaced)$/.test(step.op)
    ) {
      continue;
    }
    const state = step.newState ?? step.oldState;
    const title = describeStep({
      op: step.op,
      urn: step.urn,
      type,
      ...(state?.inputs ? { new: { inputs: state.inputs } } : {}),
    });
    const reasons = step.replaceReasons?.length ? step.replaceReasons : (step.diffReasons ?? []);
    lines.push(`${title}${reasons.length > 0 ? `: ${reasons.join(", ")}` : ""}`);
    lines.push(...fileDiffs(step.oldState?.inputs ?? {}, step.newState?.inputs ?? {}).map((line) => `    ${line}`));
  }
  for (const { message, severity, urn } of digest.diagnostics ?? []) {
    if (severity === "warning" || severity === "error") {
      lines.push(`${severity}: ${urn ? `${kindOf(urn.split("::")[2] ?? "")} ${nameOf(urn)}: ` : ""}${plain(message)}`);
    }
  }
  return [...lines, describeChanges(digest.changeSummary ?? {})];
}

function fileDiffs(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const [old, now] = [plainFiles(before), plainFiles(after)];
  if (Object.keys(before).length === 0 || Object.keys(after).length === 0) return [];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((path) => {
    const lines = unifiedDiff(old.get(path) ?? "", now.get(path) ?? "");
    return lines.length > 0 ? [path, ...lines.map((line) => `  ${line}`)] : [];
  });
}

/** Files of a container (those whose checksum is a label, which no secret's is) or data of a ConfigMap. */
export function plainFiles(inputs: Readonly<Record<string, unknown>>): Map<string, string> {
  const files = new Map<string, string>();
  const open = new Set(
    list(inputs.labels).flatMap(({ label }) =>
      typeof label === "string" && label.startsWith("datastack.file.") ? [label.slice("datastack.file.".length)] : [],
    ),
  );
  for (const { file, content } of list(inputs.uploads)) {
    if (typeof file === "string" && typeof content === "string" && open.has(file)) files.set(file, content);
  }
  if (inputs.kind === "ConfigMap" && typeof inputs.data === "object" && inputs.data !== null) {
    for (const [name, text] of Object.entries(inputs.data)) if (typeof text === "string") files.set(name, text);
  }
  return files;
}

function list(value: unknown): Record<string, unknown>[] {
  const open =
    typeof value === "object" && value !== null && "value" in value ? (value as { value: unknown }).value : value;
  return Array.isArray(open) ? (open as Record<string, unknown>[]) : [];
}
