import type * as docker from "@pulumi/docker";
import type { Problem } from "../../core/problems";
import { isStatic, type OutsideTargets, staticExternalConfig } from "../../monitoring/external";
import type { ScrapeTarget } from "../../monitoring/scrape";
import { collect } from "../check";
import { checkExistingSecrets } from "../existing-secrets";
import { type Rotations, SecretStore } from "../secret-store";
import type { Deployed, Placement, ScrapeConfig, Target } from "../target";
import { type Agent, DEFAULTS, HOST_ADDRESS, type Job, type Plan, type Schedule, type Workload } from "../workload";
import { checkDocker } from "./check";
import { type ContainerSpec, container, type Placed } from "./container";
import { Engine, type EngineArgs } from "./engine";
import { healthcheck } from "./health";
import { once } from "./once";
import { Registry } from "./registry";
import { resident } from "./schedule";
import { staticConfigs } from "./scrape";
import { preparedVolumes } from "./volumes";

/** How to reach an engine that is not the one of the environment (`DOCKER_HOST`, `DOCKER_CONTEXT`, the local socket). */
export interface DockerEngine {
  /** `ssh://user@host[:port]`, `tcp://host:2376` or `unix:///path`. */
  readonly host?: string;
  /** Arguments of the `ssh` client, such as `["-i", "/home/me/.ssh/id_deploy"]`. */
  readonly sshOpts?: readonly string[];
  /** Client certificate of a TLS engine, as PEM text. The key is a secret: give it as one. */
  readonly tls?: EngineArgs["tls"];
  /** Directory with `ca.pem`, `cert.pem` and `key.pem`, instead of `tls`. */
  readonly certPath?: string;
}

export interface DockerTargetArgs {
  /** Name of the stack: the network is called so, and everything else begins with it. A DNS label. */
  readonly stack: string;
  /** @default the engine that the `docker` command line uses */
  readonly engine?: DockerEngine;
  /** A provider of your own, instead of `engine`. */
  readonly provider?: docker.Provider;
  /** Volumes are protected: Pulumi refuses to delete them. @default false */
  readonly production?: boolean;
  /** Generated passwords to be replaced by new ones. @default none */
  readonly rotations?: Rotations;
  /** Rotation of each container's log. @default 3 files of 10m */
  readonly logs?: { readonly maxSize: `${number}${"k" | "m" | "g"}`; readonly maxFile: number };
}

/**
 * Runs workloads as containers of one Docker engine (20.10 or newer). What Docker cannot do differs in these ways: the size of a
 * volume is not enforced; a change of a workload stops it before the new one starts, all its replicas at once; `alive` is not used,
 * because Docker does not restart what is unhealthy; the credentials for registries are the provider's.
 */
export class DockerTarget implements Target {
  readonly kind = "docker";
  readonly stack: string;
  readonly secrets: SecretStore;
  readonly #args: DockerTargetArgs;
  readonly #engine: Engine;
  readonly #registry = new Registry();

  constructor(args: DockerTargetArgs) {
    this.stack = args.stack;
    this.#args = args;
    this.secrets = new SecretStore(args.rotations);
    this.#engine = new Engine(args, this.secrets);
  }

  host(workload: string, replica?: number): string {
    return replica === undefined ? workload : `${workload}-${replica}`;
  }

  scrape(targets: readonly ScrapeTarget[], { external = [] }: Partial<OutsideTargets> = {}): readonly ScrapeConfig[] {
    return [...staticConfigs(this, targets), ...external.filter(isStatic).map(staticExternalConfig)];
  }

  check(plans: readonly Plan[]): Problem[] {
    return [...checkDocker(this.#args, collect(plans), plans), ...checkExistingSecrets(this.kind, plans)];
  }

  service(workload: Workload, placement: Placement): Deployed {
    const at = this.#place(workload, placement);
    const dependsOn = this.#registry.before(workload);
    const { replicas = 1, identity = "none", ready } = workload;
    const nodes: Record<string, docker.Container> = {};
    // No replica starts before the volumes of all are prepared: a preparation may have to see that none is running yet.
    const volumes = preparedVolumes(at, workload);
    // Replicas do not wait for each other: a quorum needs several of them.
    for (let replica = 0; replica < replicas; replica++) {
      const own = workload.perReplica?.(replica);
      const name = identity === "stable" || replicas > 1 ? `${workload.name}-${replica}` : workload.name;
      const spec: ContainerSpec = {
        name,
        process: workload,
        aliases: [workload.name, name],
        files: [...(workload.files ?? []), ...(own?.files ?? [])],
        env: identity === "stable" ? { DATASTACK_REPLICA: String(replica) } : {},
        ports: Object.entries(workload.ports).map(([port, { port: internal, publish }]) => ({
          internal,
          publish: own?.publish?.[port] ?? publish,
        })),
        volumes: volumes.mounts[replica] ?? [],
        healthcheck: healthcheck(ready, workload),
        waitTimeout: ready.startWithin ?? DEFAULTS.ready.startWithin,
        grace: workload.stop.grace,
        hosts: this.#registry.hostAgents(workload),
        dependsOn: [...dependsOn, ...volumes.last],
      };
      nodes[name] = container(at, spec);
    }
    const running = Object.values(nodes);
    this.#registry.add(workload.name, { ready: running, prepared: volumes.last });
    return { nodes: { ...at.nodes, ...nodes, ...volumes.nodes }, ready: running };
  }

  agent(agent: Agent, placement: Placement): Deployed {
    const at = this.#place(agent, placement);
    const { root, pid = false, network = false, textfiles } = agent.host;
    const address = network ? this.#engine.gateway : undefined;
    const node = container(at, {
      name: agent.name,
      process: agent,
      aliases: [agent.name],
      files: agent.files ?? [],
      args: agent.args?.map(
        (arg) => address?.apply((ip) => arg.replaceAll(HOST_ADDRESS, ip)) ?? arg.replaceAll(HOST_ADDRESS, "0.0.0.0"),
      ),
      ports: network ? [] : Object.values(agent.ports).map(({ port, publish }) => ({ internal: port, publish })),
      volumes: textfiles ? [{ name: this.#engine.textfiles(at).name, path: textfiles, readOnly: true }] : [],
      host: { network, pid, ...(root ? { root } : {}) },
      healthcheck: healthcheck(agent.ready, agent, address),
      waitTimeout: agent.ready.startWithin ?? DEFAULTS.ready.startWithin,
      grace: agent.stop.grace,
      hosts: this.#registry.hostAgents(agent),
      dependsOn: [...this.#registry.before(agent), ...(textfiles ? this.#engine.textfiles(at).ready : [])],
    });
    this.#registry.add(agent.name, { ready: [node], prepared: [], ...(address ? { address } : {}) });
    return { nodes: { ...at.nodes, [agent.name]: node }, ready: [node] };
  }

  job(job: Job, placement: Placement): Deployed {
    const at = this.#place(job, placement);
    const restored = (job.restores ?? []).flatMap((workload) => this.#registry.prepared(job.name, workload));
    const node = once(at, {
      name: job.name,
      process: job,
      aliases: [job.name],
      files: job.files ?? [],
      timeout: job.timeout ?? DEFAULTS.job.timeout,
      labels: {
        "datastack.job": job.name,
        ...Object.fromEntries(restored.map(({ name, id }) => [`datastack.restores.${name}`, id])),
      },
      hosts: this.#registry.hostAgents(job),
      dependsOn: this.#registry.before(job),
    });
    this.#registry.addJob(job.name, node);
    return { nodes: { ...at.nodes, [job.name]: node }, ready: [node] };
  }

  schedule(schedule: Schedule, placement: Placement): Deployed {
    const at = this.#place(schedule, placement);
    const textfiles = this.#engine.textfiles(at);
    const volumes = preparedVolumes(at, schedule);
    const node = resident(at, schedule, textfiles.name, {
      hosts: this.#registry.hostAgents(schedule),
      volumes: volumes.mounts[0] ?? [],
      dependsOn: [...this.#registry.before(schedule), ...textfiles.ready, ...volumes.last],
    });
    return { nodes: { ...at.nodes, [schedule.name]: node, ...volumes.nodes }, ready: [node] };
  }

  #place(process: Workload | Agent | Job | Schedule, placement: Placement): Placed {
    return this.#engine.place(process, placement);
  }
}
