import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../tools/core/exec";
import { cacheDir, inRoot } from "../../../tools/core/paths";
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
