export type EngineKind = "docker" | "kubernetes";

/** One file of end-to-end tests: a story in which later steps need the earlier ones. */
export interface Suite {
  /** File name without `.test.ts`. */
  readonly name: string;
  /** What it runs on: the part of its name before the first hyphen. */
  readonly engine: EngineKind;
}

const ENGINES: readonly EngineKind[] = ["docker", "kubernetes"];

/** Suites among file names: those on Docker first, then by name. */
export function suitesOf(files: readonly string[]): Suite[] {
  const names = files.filter((file) => file.endsWith(".test.ts")).map((file) => file.slice(0, -".test.ts".length));
  return names
    .flatMap((name) => {
      const engine = ENGINES.find((kind) => name.split("-")[0] === kind);
      return engine ? [{ name, engine }] : [];
    })
    .sort((a, b) => ENGINES.indexOf(a.engine) - ENGINES.indexOf(b.engine) || (a.name < b.name ? -1 : 1));
}

/** Those that are named by engine or by file; all when nothing is named; none when a name is unknown. */
export function selectSuites(all: readonly Suite[], names: readonly string[]): Suite[] {
  const matches = (suite: Suite, name: string): boolean => suite.engine === name || suite.name === name;
  if (names.some((name) => !all.some((suite) => matches(suite, name)))) return [];
  return names.length === 0 ? [...all] : all.filter((suite) => names.some((name) => matches(suite, name)));
}
