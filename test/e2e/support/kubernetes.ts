import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Layout, layoutOf } from "../../../tools/cluster/settings";
import { CommandError, capture, run } from "../../../tools/core/exec";
import { recordInProcess } from "../../../tools/engine/in-process";
import { render, SCRIPT } from "../../../tools/render/render";
import { cli, type Ended, program } from "./cli";

/** The cluster of `npm run cluster`. Brought up when it does not run, with the images of this machine, and left running. */
export async function testCluster(): Promise<TestCluster> {
  const up = await cli(["cluster", "up", "--yes"]);
  if (up.code !== 0) throw new Error(`the cluster does not come up:\n${up.output}`);
  return new TestCluster(layoutOf("datastack"));
}

/** kubectl on that cluster, whatever the user's own configuration is. */
export class TestCluster {
  constructor(readonly layout: Layout) {}

  get env(): Record<string, string> {
    const { kubectl, kubeconfig } = this.layout;
    return { PATH: `${path.dirname(kubectl)}:${process.env.PATH ?? ""}`, KUBECONFIG: kubeconfig };
  }

  kubectl(...args: string[]): Promise<string> {
    return capture(this.layout.kubectl, args);
  }

  /** Everything printed and the exit status; never rejects. */
  async attempt(args: readonly string[], input?: string): Promise<{ code: number; text: string }> {
    try {
      const { stdout, stderr } = await run(this.layout.kubectl, args, input === undefined ? {} : { input });
      return { code: 0, text: `${stdout}${stderr}` };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return { code: error.code, text: `${error.stdout}${error.stderr}` };
    }
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, "-o", "json")) as T;
  }

  /** Standard output of a command in a pod, or in one of a workload (`deployment/web`). */
  exec(namespace: string, pod: string, command: string): Promise<string> {
    return this.kubectl("exec", "-n", namespace, pod, "--", "/bin/sh", "-c", command);
  }

  /** Asks the API server to evict a pod, as a drain of its node does. Resolves with its answer: "Created", or why not. */
  async evict(namespace: string, pod: string): Promise<string> {
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
    const target = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
    const answer = await this.attempt(["create", "--raw", target, "-f", "-"], JSON.stringify(eviction));
    return answer.code === 0 ? "Created" : answer.text;
  }

  async removeNamespaces(...names: string[]): Promise<void> {
    await this.attempt(["delete", "namespace", ...names, "--ignore-not-found", "--timeout=180s"]);
  }
}

/** A program that is rendered and applied as the documentation says, each time as it then is. */
export class RenderedStack {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-render-"));
  readonly manifests = path.join(this.directory, "manifests");
  readonly #secrets = path.join(this.directory, "secrets.yaml");

  constructor(
    readonly cluster: TestCluster,
    readonly name: string,
    readonly program: () => unknown,
  ) {}

  /** Writes the manifests; resolves with how many files changed. */
  async render(): Promise<number> {
    const { name } = this;
    const home = process.env.DATASTACK_HOME;
    process.env.DATASTACK_HOME = path.join(this.directory, "home");
    try {
      const options = { stack: name, out: this.manifests, secrets: this.#secrets };
      const { changed } = await render(options, (random) =>
        recordInProcess(this.program, { stack: name, project: "datastack", random }),
      );
      return changed;
    } finally {
      if (home === undefined) delete process.env.DATASTACK_HOME;
      else process.env.DATASTACK_HOME = home;
    }
  }

  /** Renders and applies. */
  async apply(): Promise<Ended> {
    await this.render();
    const { env } = this.cluster;
    const secrets = await program("kubectl", ["apply", "--server-side", "-f", this.#secrets], { env });
    if (secrets.code !== 0) return secrets;
    return program("sh", [path.join(this.manifests, SCRIPT)], { env });
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
