import type { StackConfig } from "../../../stacks/config";
import { run } from "../../core/exec";
import type { ExecOptions, Instance, Running } from "../running";

/** The parts of `docker inspect` that checks look at. */
export interface ContainerInfo {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly OOMKilled: boolean;
    readonly StartedAt: string;
    readonly Health?: {
      readonly Status: string;
      readonly Log?: readonly { readonly Output: string; readonly ExitCode: number }[];
    };
  };
  readonly Config: {
    readonly Image: string;
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly NanoCpus: number;
    readonly CpuQuota: number;
    readonly CpuPeriod: number;
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly RestartPolicy: { readonly Name: string };
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
  };
}

/** A stack on a Docker engine. */
export class DockerStack implements Running {
  readonly kind = "docker";
  readonly where: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(
    readonly stack: string,
    config: Pick<StackConfig, "dockerHost" | "dockerCertPath"> = {},
  ) {
    this.#env = {
      ...(config.dockerHost ? { DOCKER_HOST: config.dockerHost } : {}),
      ...(config.dockerCertPath ? { DOCKER_CERT_PATH: config.dockerCertPath, DOCKER_TLS_VERIFY: "1" } : {}),
    };
    this.where = `Docker${config.dockerHost ? ` at ${config.dockerHost}` : ""}`;
  }

  /** `<stack>-<workload>` or `<stack>-<workload>-<i>`. */
  containerName({ workload, replica }: Instance): string {
    return [this.stack, workload, ...(replica === undefined ? [] : [replica])].join("-");
  }

  /** All containers that carry the stack's label, running or not. */
  async containers(): Promise<readonly ContainerInfo[]> {
    const filter = `label=datastack.stack=${this.stack}`;
    const { stdout } = await this.docker(["ps", "--all", "--quiet", "--no-trunc", "--filter", filter]);
    const ids = stdout.split("\n").filter(Boolean);
    if (ids.length === 0) return [];
    const found = JSON.parse((await this.docker(["inspect", ...ids])).stdout) as ContainerInfo[];
    return found.sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  exec(instance: Instance, command: readonly string[], options: ExecOptions = {}) {
    const env = Object.entries(options.env ?? {}).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    const { input, timeout = 60_000 } = options;
    const stdin = input === undefined ? [] : ["--interactive"];
    return this.docker(["exec", ...stdin, ...env, this.containerName(instance), ...command], {
      timeout,
      ok: ANY_CODE,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** Both streams of a container's log since a time. */
  async logs(container: string, since: string): Promise<string> {
    const { stdout, stderr } = await this.docker(["logs", "--timestamps", "--since", since, container]);
    return stdout + stderr;
  }

  docker(args: readonly string[], options: { timeout?: number; ok?: readonly number[]; input?: string } = {}) {
    return run("docker", args, { env: this.#env, ...options });
  }
}

/** The container's name without the slash that the engine puts before it. */
export function nameOf(container: ContainerInfo): string {
  return container.Name.replace(/^\//, "");
}

const ANY_CODE = Array.from({ length: 256 }, (_, i) => i);
