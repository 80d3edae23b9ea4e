import * as fs from "node:fs";
import * as path from "node:path";
import { KUBERNETES_VERSION } from "../../../tools/cluster/settings";
import { run } from "../../../tools/core/exec";
import { cacheDir, inRoot } from "../../../tools/core/paths";
import { Progress } from "../../../tools/core/progress";
import { ensureTool } from "../../../tools/toolchain";
import { EXCEPTIONS } from "../../support/policies/exceptions";

/** What a linter says of one object. */
export interface Said {
  /** As `<linter>/<check>`. */
  readonly check: string;
  /** As `Kind namespace/name`. */
  readonly object: string;
  readonly message: string;
}

export interface Verdict {
  /** Checks that objects passed. */
  readonly passed: number;
  readonly failed: readonly Said[];
}

/** What no exception names: the linters' own words differ from ours, so it is by check and object. */
export function unexcepted(failed: readonly Said[]): string[] {
  return failed
    .filter(
      ({ check, object }) => !EXCEPTIONS.some(({ checks, objects }) => checks.includes(check) && objects.test(object)),
    )
    .map(({ check, object, message }) => `${object}: ${message} (${check})`)
    .sort();
}

const REQUIREMENTS = inRoot("test/e2e/support/checkov.txt");

/** Checkov in a folder of its own, of the versions that are committed. */
export async function ensureCheckov(): Promise<string> {
  const version = /^checkov==(.+)$/m.exec(fs.readFileSync(REQUIREMENTS, "utf8"))?.[1] ?? "";
  const folder = cacheDir(`checkov-${version}`);
  const program = path.join(folder, "bin", "checkov");
  if (fs.existsSync(path.join(folder, "complete"))) return program;
  fs.rmSync(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  const pip = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement", REQUIREMENTS];
  await run(path.join(folder, "bin", "pip"), pip);
  fs.writeFileSync(path.join(folder, "complete"), "");
  return program;
}

/** kube-score, which has no official download here: one on PATH, else built. */
export function ensureKubeScore(): Promise<string> {
  return ensureTool("kube-score", new Progress());
}

interface CheckovReport {
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
    }[];
  };
}

/** Everything that Checkov checks of Kubernetes, without asking anybody. */
export async function checkov(program: string, folder: string): Promise<Verdict> {
  const args = ["--directory", folder, "--framework", "kubernetes", "--skip-download", "--output", "json", "--compact"];
  const { stdout } = await run(program, args, { ok: [0, 1], timeout: 300_000 });
  const { summary, results } = JSON.parse(stdout) as CheckovReport;
  if (summary.parsing_errors > 0) throw new Error(`Checkov cannot read ${summary.parsing_errors} manifests.`);
  return {
    passed: summary.passed,
    failed: results.failed_checks.map(({ check_id, check_name, resource }) => {
      const [kind = "", namespace = "", ...name] = resource.split(".");
      return { check: `checkov/${check_id}`, object: `${kind} ${namespace}/${name.join(".")}`, message: check_name };
    }),
  };
}

interface Scored {
  readonly type_meta: { readonly kind: string };
  readonly object_meta: { readonly name: string; readonly namespace?: string };
  readonly checks: readonly {
    readonly check: { readonly id: string; readonly name: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** Of kube-score's grades (1, 5, 7, 10) those that it calls critical or a warning. */
const WARNING = 5;

/** Everything that kube-score checks unasked, warnings too. */
export async function kubeScore(program: string, folder: string): Promise<Verdict> {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => path.join(folder, file));
  const version = KUBERNETES_VERSION.split(".").slice(0, 2).join(".");
  const args = ["score", "--output-format", "json", "--kubernetes-version", version, ...files];
  const { stdout, stderr } = await run(program, args, { ok: [0, 1], timeout: 60_000 });
  if (stdout === "") throw new Error(`kube-score: ${stderr}`);
  const graded = (JSON.parse(stdout) as Scored[]).flatMap(({ type_meta: { kind }, object_meta, checks }) =>
    checks
      .filter(({ skipped }) => !skipped)
      .map(({ check, grade, comments }) => ({
        passes: grade > WARNING,
        check: `kube-score/${check.id}`,
        object: `${kind} ${object_meta.namespace ?? ""}/${object_meta.name}`,
        message: (comments ?? []).map(({ path: at, summary }) => `${at} ${summary}`.trim()).join(", ") || check.name,
      })),
  );
  return { passed: graded.filter(({ passes }) => passes).length, failed: graded.filter(({ passes }) => !passes) };
}
