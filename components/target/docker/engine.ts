import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { SecretStore } from "../secret-store";
import type { Placement } from "../target";
import type { Process } from "../workload";
import type { Placed } from "./container";
import { once } from "./once";
import type { DockerTargetArgs } from "./target";

export interface EngineArgs {
  /** Certificate of the authority, certificate and key of the client: PEM text. */
  readonly tls?: {
    readonly ca: pulumi.Input<string>;
    readonly cert: pulumi.Input<string>;
    readonly key: pulumi.Input<string>;
  };
}

/** Shared by all containers of a stack; each part is registered when the first container needs it. */
export class Engine {
  readonly #args: DockerTargetArgs;
  #provider: docker.Provider | undefined;
  #network: docker.Network | undefined;
  #textfiles: { name: pulumi.Output<string>; ready: pulumi.Resource[] } | undefined;

  constructor(
    args: DockerTargetArgs,
    readonly secrets: SecretStore,
  ) {
    this.#args = args;
    this.#provider = args.provider;
  }

  get stack(): string {
    return this.#args.stack;
  }

  get production(): boolean {
    return this.#args.production ?? false;
  }

  /** Options of `json-file`. The labels and the name of the container go into each line, for what collects them. */
  get logs(): Record<string, string> {
    const { maxSize, maxFile } = this.#args.logs ?? { maxSize: "10m", maxFile: 3 };
    return {
      "max-size": maxSize,
      "max-file": String(maxFile),
      labels: "datastack.service,datastack.stack",
      tag: "{{.Name}}",
    };
  }

  /** Where containers of this stack reach the host, and nobody from outside it does. */
  get gateway(): pulumi.Output<string> {
    return this.network.ipamConfigs.apply((configs) => {
      const gateway = configs?.map((config) => config.gateway).find((address) => address?.includes("."));
      if (!gateway)
        throw new pulumi.RunError(
          `The Docker network "${this.stack}" has no IPv4 gateway, which host agents listen on. Remove the network and run again.`,
        );
      // Some engines write it with the length of its prefix.
      return gateway.replace(/\/.*$/, "");
    });
  }

  get network(): docker.Network {
    this.#network ??= new docker.Network(
      `${this.stack}-network`,
      { name: this.stack, driver: "bridge", labels: labels({ "datastack.stack": this.stack }) },
      { ...this.#options(), deleteBeforeReplace: true },
    );
    return this.#network;
  }

  /** Everything that a container of one process needs to know; its image is registered here. */
  place(process: Process, placement: Placement): Placed {
    const { image } = process;
    const options = { ...this.#options(), parent: placement.parent };
    if (image.source === "local") return { engine: this, placement, options, image: image.reference, nodes: {} };
    const name = `${process.name}-image`;
    // Kept at destroy: another stack may use it, and a container that is gone for a moment must not cost a download.
    const remote = new docker.RemoteImage(name, { name: image.reference, keepLocally: true }, options);
    return { engine: this, placement, options, image: remote.imageId, nodes: { [name]: remote } };
  }

  /** Metrics that schedules write and the node exporter reads, in one volume. Nothing in it is worth keeping. */
  textfiles(at: Placed): { name: pulumi.Output<string>; ready: pulumi.Resource[] } {
    if (this.#textfiles) return this.#textfiles;
    const name = `${this.stack}-textfiles`;
    const volume = new docker.Volume(
      name,
      { name, labels: labels({ "datastack.stack": this.stack }) },
      { ...this.#options(), ignoreChanges: ["labels", "driverOpts"] },
    );
    // Schedules have users of their own and one stack: each may write its file.
    const opened = once(
      { ...at, options: this.#options(), placement: { parent: volume } },
      {
        name: "textfiles-owner",
        process: { ...OWNER, name: "textfiles", command: ["/bin/sh", "-c", "chmod 0777 /textfiles"] },
        volumes: [{ name: volume.name, path: "/textfiles" }],
        timeout: 60,
      },
    );
    this.#textfiles = { name: volume.name, ready: [opened] };
    return this.#textfiles;
  }

  #options(): pulumi.CustomResourceOptions {
    const { engine } = this.#args;
    if (!this.#provider && engine && Object.values(engine).some((value) => value !== undefined)) {
      const { host, sshOpts, tls, certPath } = engine;
      this.#provider = new docker.Provider(`${this.stack}-engine`, {
        ...(host !== undefined ? { host } : {}),
        ...(sshOpts ? { sshOpts: [...sshOpts] } : {}),
        ...(certPath !== undefined ? { certPath } : {}),
        ...(tls ? { caMaterial: tls.ca, certMaterial: tls.cert, keyMaterial: pulumi.secret(tls.key) } : {}),
      });
    }
    return this.#provider ? { provider: this.#provider } : {};
  }
}

/** Limits and user of what only touches the root of a volume. */
export const OWNER = {
  resources: { cpu: 0.5, memory: "32Mi" },
  user: { uid: 0, gid: 0 },
} as const;

export function labels(
  of: Readonly<Record<string, pulumi.Input<string>>>,
): { label: string; value: pulumi.Input<string> }[] {
  return Object.entries(of)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}
