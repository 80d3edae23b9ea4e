import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, refuse, under } from "../core/problems";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { checkPort } from "../target/check";
import { type Connection, connectionTo } from "../target/connection";
import type { Deployed } from "../target/target";
import { HOST_ADDRESS, type Plan, type Resources } from "../target/workload";
import { checkNodeTuning, type NodeAlert, nodeRules } from "./node-alerts";
import { nodeDashboards, nodeHighlights } from "./node-dashboards";

export interface NodeExporterArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** Collectors that are off by default and are to be on, such as `systemd`. @default none */
  readonly collectors?: readonly string[];
  /** Port of each host, which nothing else there may listen on (Kubernetes), 1 to 65535. @default 9100 */
  readonly port?: number;
  /** Limits. @default 0.5 cores, 96Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<NodeAlert>;
}

const PORT = 9100;
const ROOT = "/host";
const TEXTFILES = "/textfiles";

/**
 * Mounts that say nothing about the host's disks: kernel file systems and what container engines mount. Claims are mounted below
 * the kubelet's folder, which only root may enter: asked for, each would be a NodeFilesystemDeviceError and no number.
 */
const IGNORED_MOUNTS = "^/(dev|proc|run|sys)($|/)|/(docker|containerd|containers|kubelet)/";
const IGNORED_DEVICES = "^(veth.*|cali.*|cni.*|br-.*|docker.*|lo)$";

/**
 * The hosts' own metrics: one process per host, that sees the host's processes, network and, read-only, its file system.
 *
 * ```ts
 * new NodeExporter("node-exporter", { target, images });
 * ```
 *
 * It listens on an address that workloads of the stack reach; on Docker that is the stack's network, not the outside.
 */
export class NodeExporter extends pulumi.ComponentResource {
  static readonly type = "datastack:index:NodeExporter";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: NodeExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(NodeExporter.type, name, {}, opts);
    refuse(under(name, NodeExporter.validate(name, args)));
    this.connection = NodeExporter.connection(name, args);
    this.monitoring = NodeExporter.monitoring(name, args);
    this.nodes = deploy(NodeExporter.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: NodeExporterArgs): Problem[] {
    const collectors = (args.collectors ?? []).filter((collector) => !/^[a-z][a-z0-9_]*$/.test(collector));
    return [
      ...checkName("name", name),
      ...checkPort("port", portOf(args)),
      ...collectors.map((value) => ({
        path: "collectors",
        value,
        rule: "must be the name of a collector: lower-case letters, digits and _",
      })),
      ...checkNodeTuning("alerts", args.alerts),
    ];
  }

  static plan(name: string, args: NodeExporterArgs): Plan {
    // A folder that does not exist counts as a failed collector, and only Docker's schedules write there.
    const textfiles = args.target.kind === "docker" ? TEXTFILES : undefined;
    return {
      agents: [
        {
          name,
          image: args.images.nodeExporter,
          command: ["/bin/node_exporter"],
          args: [
            `--web.listen-address=${HOST_ADDRESS}:${portOf(args)}`,
            `--path.rootfs=${ROOT}`,
            `--path.udev.data=${ROOT}/run/udev/data`,
            `--collector.filesystem.mount-points-exclude=${IGNORED_MOUNTS}`,
            `--collector.netclass.ignored-devices=${IGNORED_DEVICES}`,
            `--collector.netdev.device-exclude=${IGNORED_DEVICES}`,
            ...(textfiles ? [`--collector.textfile.directory=${textfiles}`] : []),
            ...[...(args.collectors ?? [])].sort().map((collector) => `--collector.${collector}`),
          ],
          host: { network: true, pid: true, root: ROOT, ...(textfiles ? { textfiles } : {}) },
          ports: { metrics: { port: portOf(args) } },
          ready: { probe: { http: { port: "metrics", path: "/" } } },
          resources: args.resources ?? { cpu: 0.5, memory: "96Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: NodeExporterArgs): Connection {
    return connectionTo(args.target, name, { kind: "node-exporter", port: portOf(args) });
  }

  static monitoring(name: string, args: NodeExporterArgs): Monitoring {
    const page = { name: "metrics", number: portOf(args) };
    const target = serviceTarget(name, page, NodeExporter.connection(name, args), { kind: "agent" });
    return {
      targets: [target],
      rules: nodeRules(name, args.alerts),
      dashboards: nodeDashboards(),
      highlights: nodeHighlights(name),
    };
  }
}

function portOf({ port = PORT }: NodeExporterArgs): number {
  return port;
}
