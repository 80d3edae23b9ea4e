import { UserError } from "../../core/errors";
import type { Instance, Running } from "../running";

/** psql in a database's own container, over its local socket, as an operator would. */
export class Psql {
  constructor(
    private readonly running: Running,
    readonly instance: Instance,
    readonly database: string,
  ) {}

  /** Rows of a query, their columns as text. */
  async rows(query: string): Promise<string[][]> {
    const { code, stdout, stderr } = await this.running.exec(this.instance, this.#command(), { input: query });
    if (code !== 0) throw new UserError(`psql in ${this.instance.workload} ended with ${code}: ${stderr.trim()}`);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"));
  }

  /** The first column. */
  async column(query: string): Promise<string[]> {
    return (await this.rows(query)).map(([first = ""]) => first);
  }

  async number(query: string): Promise<number> {
    return Number((await this.column(query))[0]);
  }

  /** What the server says to somebody who comes over the network with this password. */
  async refusal(user: string, password: string): Promise<string> {
    const command = ["psql", "-X", "-h", "127.0.0.1", "-U", user, "-d", this.database, "-c", "select 1"];
    const { code, stderr } = await this.running.exec(this.instance, command, { env: { PGPASSWORD: password } });
    return code === 0 ? "" : stderr.trim();
  }

  #command(): string[] {
    return ["psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", this.database];
  }
}
