import { capture, run } from "../core/exec";

/** Lines of a failed container's log that are shown. */
const LOG_TAIL = 40;

/** Milliseconds between two looks at containers that are waited for. */
const PERIOD = 2000;

/** The end of a container's log and what its health check said last, which is mostly why a wait has failed. */
export async function containerLog(name: string): Promise<string> {
  try {
    const { stdout, stderr } = await run("docker", ["logs", "--tail", String(LOG_TAIL), name]);
    const status = "{{.State.Status}}{{if .State.ExitCode}}, exit code {{.State.ExitCode}}{{end}}";
    const health = '{{with .State.Health}}, {{.Status}}{{range .Log}}{{"\\n"}}{{.Output}}{{end}}{{end}}';
    const text = await capture("docker", ["inspect", "--format", status + health, name]);
    const [state, ...checks] = text.split("\n").filter(Boolean);
    const last = state?.startsWith("running") ? checks.at(-1) : undefined;
    const log = `${stdout}${stderr}`.trimEnd();
    return [
      `Log of ${name} (${state}), the last ${LOG_TAIL} lines:`,
      ...(log === "" ? ["  (nothing)"] : log.split("\n").map((line) => `  ${line}`)),
      ...(last ? [`  health check: ${last}`] : []),
    ].join("\n");
  } catch {
    return `There is no container ${name} any more, and so no log.`;
  }
}

/**
 * Looks at the containers that an operation waits for. The provider waits for its whole time even for a job that has
 * ended with an error: its log is kept here, and removing it ends the wait at once, with the same result.
 */
export class Watch {
  /** Logs of jobs that have failed, by container name. */
  readonly logs = new Map<string, string>();
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  add(name: string): void {
    this.#waiting.add(name);
    this.#schedule();
  }

  remove(name: string): void {
    this.#waiting.delete(name);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #schedule(): void {
    if (this.#timer || this.#waiting.size === 0) return;
    this.#timer = setTimeout(async () => {
      await this.#look();
      this.#timer = undefined;
      this.#schedule();
    }, PERIOD);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    for (const name of this.#waiting) {
      if (!(await hasFailed(name))) continue;
      this.logs.set(name, await containerLog(name));
      this.remove(name);
      await run("docker", ["rm", name], { ok: [0, 1] });
    }
  }
}

/** Whether a container has ended with an error and is not going to be started again. */
async function hasFailed(name: string): Promise<boolean> {
  try {
    const format = "{{.State.Status}} {{.State.ExitCode}} {{.HostConfig.RestartPolicy.Name}}";
    return isFailure(await capture("docker", ["inspect", "--type", "container", "--format", format, name]));
  } catch {
    return false;
  }
}

/** Judges "<status> <exit code> <restart policy>". */
export function isFailure(text: string): boolean {
  const [status, code, restart] = text.split(" ");
  return status === "exited" && code !== "0" && (restart === "no" || restart === "");
}
