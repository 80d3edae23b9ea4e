export type EngineKind = "docker" | "kubernetes";

/** One file of end-to-end tests: a story in which later steps need the earlier ones. */
export interface Suite {
  /** File name without `.test.ts`. */
  readonly name: string;
  /** What the part of its name before the first hyphen stands for. */
  readonly engine: EngineKind;
}

/** Beginnings of file names, in the order in which their suites run: the node itself before stacks on it. */
const ENGINES: Readonly<Record<string, EngineKind>> = {
  docker: "docker",
  // an app by itself needs the compiler that its image, one of Docker's, is made with
  files: "docker",
  cluster: "kubernetes",
  kubernetes: "kubernetes",
};

/** Suites among file names, in their order. One that would never run is an error. */
export function suitesOf(files: readonly string[]): Suite[] {
  const names = files.filter((file) => file.endsWith(".test.ts")).map((file) => file.slice(0, -".test.ts".length));
  const strays = names.filter((name) => !Object.hasOwn(ENGINES, name.split("-")[0] ?? ""));
  if (strays.length > 0)
    throw new Error(`No suite of ${strays.join(", ")} would run: names begin with ${Object.keys(ENGINES).join(", ")}.`);
  return Object.entries(ENGINES).flatMap(([beginning, engine]) =>
    names
      .filter((name) => name === beginning || name.startsWith(`${beginning}-`))
      .sort()
      .map((name) => ({ name, engine })),
  );
}

/** Those that are named by engine or by file; all when nothing is named; none when a name is unknown. */
export function selectSuites(all: readonly Suite[], names: readonly string[]): Suite[] {
  const matches = (suite: Suite, name: string): boolean => suite.engine === name || suite.name === name;
  if (names.some((name) => !all.some((suite) => matches(suite, name)))) return [];
  return names.length === 0 ? [...all] : all.filter((suite) => names.some((name) => matches(suite, name)));
}

/** Whether stories run that take too long for every change. */
export const NIGHTLY = process.env.DATASTACK_NIGHTLY === "1";

/** Suites that reach what they deploy through an ingress controller, whose compilation takes minutes: in the nightly run. */
const THROUGH_INGRESS: readonly string[] = ["kubernetes-gateway", "kubernetes-gauzian"];

export function needIngress(suites: readonly Suite[], nightly = NIGHTLY): boolean {
  return nightly && suites.some(({ name }) => THROUGH_INGRESS.includes(name));
}
