import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { ProblemsError } from "../../core/problems";
import type { Process } from "../workload";

/** What others may wait for or derive from a workload that is registered. */
export interface Registered {
  readonly ready: readonly pulumi.Resource[];
  /** The last container that prepared each of its volumes. */
  readonly prepared: readonly docker.Container[];
  /** Where it listens, if that is in the host's network. */
  readonly address?: pulumi.Output<string>;
}

/** Workloads and jobs of one stack by name, so that `needs`, `after` and `restores` become dependencies. */
export class Registry {
  readonly #workloads = new Map<string, Registered>();
  readonly #jobs = new Map<string, docker.Container>();
  /** Who asked for the address of a workload that was not there yet. */
  readonly #early = new Map<string, string>();

  add(name: string, registered: Registered): void {
    const early = this.#early.get(name);
    if (registered.address && early !== undefined) throw tooLate(name, early);
    this.#workloads.set(name, registered);
  }

  addJob(name: string, container: docker.Container): void {
    this.#jobs.set(name, container);
  }

  /** What has to be ready or done before this one is created. */
  before(process: Process & { readonly after?: readonly string[] }): pulumi.Resource[] {
    const needed = (process.needs ?? []).flatMap(({ to, start }) => {
      if (!("workload" in to.peer)) return [];
      const known = this.#workloads.get(to.peer.workload);
      if (start && !known) throw unknown(process.name, "needs", to.peer.workload, "workload", this.#workloads);
      return start ? (known?.ready ?? []) : [];
    });
    const done = (process.after ?? []).map((name) => {
      const job = this.#jobs.get(name);
      if (!job) throw unknown(process.name, "after", name, "job", this.#jobs);
      return job;
    });
    return [...needed, ...done];
  }

  /** Names of host agents and their addresses, for those of them that the process needs. */
  hostAgents(process: Process): { host: string; ip: pulumi.Output<string> }[] {
    return (process.needs ?? []).flatMap(({ to }) => {
      if (!("workload" in to.peer)) return [];
      const known = this.#workloads.get(to.peer.workload);
      if (!known) this.#early.set(to.peer.workload, process.name);
      const address = known?.address;
      return address ? [{ host: to.host, ip: address }] : [];
    });
  }

  /** The containers that prepared a workload's volumes, with a short name for each. */
  prepared(job: string, workload: string): { name: string; id: pulumi.Output<string> }[] {
    const known = this.#workloads.get(workload);
    if (!known) throw unknown(job, "restores", workload, "workload", this.#workloads);
    return known.prepared.map((container, i) => ({ name: `${workload}.${i}`, id: container.id }));
  }
}

/** The address of an agent in the host's network stands in the containers that use it. */
function tooLate(agent: string, user: string): Error {
  return new ProblemsError([
    {
      path: `${user}.needs`,
      value: agent,
      rule: "names a host agent that is not there yet",
      fix: `Construct "${agent}" before "${user}"`,
    },
  ]);
}

function unknown(
  who: string,
  property: string,
  name: string,
  what: string,
  known: ReadonlyMap<string, unknown>,
): Error {
  const names = [...known.keys()].sort().join(", ") || "none";
  return new ProblemsError([
    {
      path: `${who}.${property}`,
      value: name,
      rule: `names a ${what} that is not there yet`,
      fix: `Construct it before "${who}"; so far there are: ${names}`,
    },
  ]);
}
