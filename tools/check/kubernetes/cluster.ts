import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { SERVICE } from "../../../components/target/kubernetes/labels";
import { agentsNamespace } from "../../../components/target/kubernetes/names";
import type { StackConfig } from "../../../stacks/config";
import { kubeconfigFiles, kubeconfigPath } from "../../../stacks/kubeconfig";
import { findKubectl } from "../../cluster/kubectl";
import { DEFAULT_NAME, layoutOf } from "../../cluster/settings";
import { UserError } from "../../core/errors";
import { run } from "../../core/exec";
import type { ExecOptions, Instance, Running } from "../running";

/** The parts of Kubernetes objects that checks look at. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, read field by field
  readonly spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, read field by field
  readonly status: any;
}

/** A stack in a Kubernetes cluster. */
export class KubernetesStack implements Running {
  readonly kind = "kubernetes";
  readonly where: string;
  readonly namespace: string;
  readonly agentsNamespace: string;
  readonly #kubectl: readonly [string, ...string[]];

  constructor(
    readonly stack: string,
    config: Partial<Pick<StackConfig, "namespace" | "kubeconfig" | "kubeContext">> = {},
  ) {
    this.namespace = config.namespace ?? stack;
    this.agentsNamespace = agentsNamespace(this.namespace);
    const kubeconfig = config.kubeconfig ? kubeconfigPath(config.kubeconfig) : localKubeconfig();
    const context = config.kubeContext ? ["--context", config.kubeContext] : [];
    this.#kubectl = [kubectlProgram(), ...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), ...context];
    this.where = `Kubernetes${config.kubeContext ? ` (${config.kubeContext})` : ""}`;
  }

  kubectl(args: readonly string[], options: { timeout?: number; ok?: readonly number[]; input?: string } = {}) {
    const [program, ...before] = this.#kubectl;
    return run(program, [...before, ...args], options);
  }

  /** Starts what goes on until it is killed, such as a port-forward, with its output piped. */
  start(args: readonly string[]): ChildProcess {
    const [program, ...before] = this.#kubectl;
    return spawn(program, [...before, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Objects of a kind, of one namespace or without one, by label. */
  async list(kind: string, namespace?: string, selector?: string): Promise<readonly KubeObject[]> {
    const where = namespace ? ["--namespace", namespace] : [];
    const which = selector ? ["--selector", selector] : [];
    const { stdout } = await this.kubectl(["get", kind, ...where, ...which, "--output", "json"], { timeout: 30_000 });
    return (JSON.parse(stdout) as { items: KubeObject[] }).items;
  }

  /** Pods of one service or agent, by name. */
  async pods(workload: string, namespace = this.namespace): Promise<readonly KubeObject[]> {
    return this.list("pods", namespace, `${SERVICE}=${workload}`);
  }

  async hosts(): Promise<readonly string[]> {
    return (await this.list("nodes")).map((node) => node.metadata.name);
  }

  async exec(instance: Instance, command: readonly string[], options: ExecOptions = {}) {
    const pod = await this.podName(instance);
    const env = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const prefix = env.length > 0 ? ["env", ...env] : [];
    const { input, timeout = 60_000 } = options;
    const stdin = input === undefined ? [] : ["--stdin"];
    return this.kubectl(["exec", ...stdin, "--namespace", this.namespace, pod, "--", ...prefix, ...command], {
      timeout,
      ok: ANY_CODE,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** A pod's log of its present container, with timestamps. */
  async logs(pod: string, namespace = this.namespace): Promise<string> {
    const args = ["logs", "--namespace", namespace, "--timestamps", pod];
    return (await this.kubectl(args, { timeout: 60_000 })).stdout;
  }

  private async podName({ workload, replica }: Instance): Promise<string> {
    if (replica !== undefined) return `${workload}-${replica}`;
    const [pod] = (await this.pods(workload)).filter((p) => p.status?.phase === "Running");
    if (!pod) throw new UserError(`No pod of ${workload} runs in the namespace ${this.namespace}.`);
    return pod.metadata.name;
  }
}

/** The kubeconfig of the node that `npm run cluster` brought up, unless the machine has another: stacks go there. */
function localKubeconfig(): string | undefined {
  if (process.env.KUBECONFIG || kubeconfigFiles().some((file) => fs.existsSync(file))) return undefined;
  const { kubeconfig } = layoutOf(DEFAULT_NAME);
  return fs.existsSync(kubeconfig) ? kubeconfig : undefined;
}

function kubectlProgram(): string {
  const program = findKubectl();
  if (program) return program;
  throw new UserError("kubectl is not installed. Install it, or bring a node with one up: npm run cluster -- up");
}

const ANY_CODE = Array.from({ length: 256 }, (_, i) => i);
