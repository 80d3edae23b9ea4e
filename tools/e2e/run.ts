import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ENV, VITEST } from "../commands/test";
import { interactive } from "../core/exec";
import { ROOT } from "../core/paths";
import type { Suite } from "./suites";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface SuiteResult extends Counts {
  readonly suite: string;
  readonly code: number;
}

/** Runs one file on this terminal; its counts come from the runner's own report. */
export async function runSuite(suite: Suite): Promise<SuiteResult> {
  process.stdout.write(`\n=== ${suite.name}\n`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-e2e-report-"));
  try {
    const report = path.join(folder, "report.json");
    const code = await interactive(
      process.execPath,
      [
        ...[VITEST, "run", "--config", "test/e2e/vitest.config.mts"],
        ...["--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`],
        `test/e2e/${suite.name}.test.ts`,
      ],
      { cwd: ROOT, env: ENV },
    );
    return { suite: suite.name, code, ...countsOf(report, code) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A runner that died before its report is one failure. */
function countsOf(report: string, code: number): Counts {
  if (!fs.existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(fs.readFileSync(report, "utf8")) as Readonly<
    Record<"numPassedTests" | "numFailedTests" | "numPendingTests", number>
  >;
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests };
}

/** One line for each suite, and the sum: `41 passed, 0 failed, 2 skipped`. */
export function formatCounts(results: readonly SuiteResult[]): string {
  const sum = (key: keyof Counts): number => results.reduce((total, result) => total + result[key], 0);
  const text = ({ passed, failed, skipped }: Counts): string =>
    `${passed} passed, ${failed} failed, ${skipped} skipped`;
  const width = Math.max(0, ...results.map((result) => result.suite.length));
  const total = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  return [...results.map((result) => `  ${result.suite.padEnd(width)}  ${text(result)}`), text(total)].join("\n");
}
