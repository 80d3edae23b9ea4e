import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Progress } from "../../../tools/core/progress";
import { buildImage } from "../../../tools/images/build";
import { busyboxEntries } from "../../../tools/images/busybox";
import { BUSYBOX } from "../../contract/cases";

const run = promisify(execFile);

/** Standard output of the `docker` command line, without the line feed at its end. */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { maxBuffer: 64 * 2 ** 20 });
  return stdout.trimEnd();
}

/** Everything printed and the exit status; never throws. */
export async function attempt(...args: string[]): Promise<{ code: number; text: string }> {
  try {
    const { stdout, stderr } = await run("docker", args, { maxBuffer: 64 * 2 ** 20 });
    return { code: 0, text: `${stdout}${stderr}` };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, text: `${stdout}${stderr}` };
  }
}

export interface Inspected {
  readonly Id: string;
  readonly Config: {
    readonly Image: string;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[];
  };
  readonly State: {
    readonly Pid: number;
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Health: { readonly Status: string };
  };
}

export async function inspect(container: string): Promise<Inspected> {
  const [found] = JSON.parse(await docker("inspect", container)) as Inspected[];
  if (!found) throw new Error(`no container ${container}`);
  return found;
}

/** Ids of all containers of a stack by their names. */
export async function containers(stack: string): Promise<Record<string, string>> {
  const lines = await docker(
    "ps",
    "-a",
    "--no-trunc",
    "--filter",
    `label=datastack.stack=${stack}`,
    "--format",
    "{{.Names}} {{.ID}}",
  );
  return Object.fromEntries(
    lines
      .split("\n")
      .filter(Boolean)
      .sort()
      .map((line) => line.split(" ") as [string, string]),
  );
}

/** Removes everything that carries the label of a stack, volumes too. */
export async function removeAll(stack: string): Promise<void> {
  const label = `label=datastack.stack=${stack}`;
  const ids = async (...list: string[]) => (await docker(...list, "-q", "--filter", label)).split("\n").filter(Boolean);
  for (const id of await ids("ps", "-a")) await docker("rm", "-f", "-v", id);
  for (const id of await ids("volume", "ls")) await docker("volume", "rm", id);
  for (const id of await ids("network", "ls")) await docker("network", "rm", id);
}

/** The image of the contract's cases, made as the tools make theirs. */
export async function ensureBusybox(): Promise<void> {
  const entries = () => busyboxEntries({ name: "nobody", ...BUSYBOX.user, shell: "/bin/sh" });
  const settings = { user: "0", env: { PATH: "/bin" } };
  await buildImage({ name: "busybox", settings, entries }, BUSYBOX.reference, false, new Progress());
}
