import { setTimeout as sleep } from "node:timers/promises";
import type { DockerStack } from "../check/docker/engine";
import { UserError } from "../core/errors";
import { PERIOD, type Place, type Source } from "./place";

/** The schedule's container stays up between its runs: it has the dumps, the programs and the password. */
export class DockerPlace implements Place {
  readonly where: string;

  constructor(
    readonly stack: DockerStack,
    readonly source: Source,
  ) {
    this.where = stack.where;
  }

  get goesOn(): string {
    const container = this.name(this.source.schedule);
    return `in ${container} (docker top ${container})`;
  }

  psql(server: string, database: string): string {
    return `docker exec -it ${this.stack.containerName({ workload: server, replica: 0 })} psql -d ${database}`;
  }

  async script(args: readonly string[]) {
    const container = this.name(this.source.schedule);
    const running = await this.inspect(container, "{{.State.Running}}");
    if (running !== "true") {
      throw new UserError(
        `${container}, which has the dumps, ${running === undefined ? "is not there" : "does not run"}. Bring the stack up first: npm start -- ${this.stack.stack}`,
      );
    }
    return this.stack.exec(
      { workload: this.source.schedule, replica: undefined },
      ["/bin/sh", this.source.script, ...args],
      {
        timeout: this.source.timeout * 1000,
      },
    );
  }

  /** Its container is still there, stopped. Healthy is what has succeeded. */
  async repeat(job: string): Promise<void> {
    const container = this.name(job);
    await this.stack.docker(["start", container]);
    for (;;) {
      const state = await this.inspect(container, "{{.State.Running}} {{.State.Health.Status}}");
      if (state === "true healthy") return;
      if (!state?.startsWith("true")) {
        const { stdout, stderr } = await this.stack.docker(["logs", "--tail", "40", container]);
        throw new UserError(`${container} has failed:\n${stdout}${stderr}`);
      }
      await sleep(PERIOD);
    }
  }

  private name(workload: string): string {
    return this.stack.containerName({ workload, replica: undefined });
  }

  private async inspect(container: string, format: string): Promise<string | undefined> {
    const result = await this.stack.docker(["inspect", "--format", format, container], { ok: [0, 1] });
    return result.code === 0 ? result.stdout.trim() : undefined;
  }
}
