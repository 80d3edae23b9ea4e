import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, refuse, under } from "../core/problems";
import { escapeRegex } from "../monitoring/labels";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, connectionTo } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Discovery, Plan, Resources } from "../target/workload";
import { checkKubeStateTuning, type KubeStateAlert, kubeStateRules } from "./kube-state-alerts";
import { kubeStateDashboards, kubeStateHighlights } from "./kube-state-dashboards";

export interface KubeStateMetricsArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /**
   * Whether the stack has host agents, such as the node exporter: their namespace is watched too, and exists only with them.
   * @default true
   */
  readonly agents?: boolean;
  /** Namespaces of others that are watched like the stack's own. They have to exist. @default none */
  readonly namespaces?: readonly string[];
  /** Limits. Memory grows with the number of objects. @default 0.25 cores, 128Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<KubeStateAlert>;
}

const PORT = 8080;
const TELEMETRY = 8081;

/** What it lists, by API group: nothing of what may hold a secret (`secrets`, `configmaps`), and nothing beyond namespaces. */
const LISTS: NonNullable<Discovery["lists"]> = [
  { group: "", resources: ["persistentvolumeclaims", "pods"] },
  { group: "apps", resources: ["daemonsets", "deployments", "statefulsets"] },
  { group: "batch", resources: ["cronjobs", "jobs"] },
  { group: "policy", resources: ["poddisruptionbudgets"] },
];

/**
 * What Kubernetes itself says of the stack's workloads, jobs, schedules and claims, as metrics: kube-state-metrics, with rights to list
 * these in the stack's namespaces and no other. On Docker there is nothing like it.
 *
 * ```ts
 * new KubeStateMetrics("kube-state-metrics", { target, images });
 * ```
 *
 * Alerts about schedules, such as TimescaleDBBackupFailed, live by it on Kubernetes.
 */
export class KubeStateMetrics extends pulumi.ComponentResource {
  static readonly type = "datastack:index:KubeStateMetrics";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: KubeStateMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(KubeStateMetrics.type, name, {}, opts);
    refuse(under(name, KubeStateMetrics.validate(name, args)));
    this.connection = KubeStateMetrics.connection(name, args);
    this.monitoring = KubeStateMetrics.monitoring(name, args);
    this.nodes = deploy(KubeStateMetrics.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: KubeStateMetricsArgs): Problem[] {
    return [
      ...checkName("name", name),
      ...checkTarget(args),
      ...checkNamespaces(args.namespaces ?? []),
      ...checkKubeStateTuning("alerts", args.alerts),
    ];
  }

  static plan(name: string, args: KubeStateMetricsArgs): Plan {
    const { namespaces = [] } = args;
    return {
      services: [
        {
          name,
          image: args.images.kubeStateMetrics,
          command: ["/kube-state-metrics"],
          args: [
            `--port=${PORT}`,
            `--telemetry-port=${TELEMETRY}`,
            `--resources=${LISTS.flatMap(({ resources }) => resources)
              .sort()
              .join(",")}`,
            `--namespaces=${watched(args).join(",")}`,
          ],
          ports: { metrics: { port: PORT }, telemetry: { port: TELEMETRY } },
          discovery: { lists: LISTS, ...(namespaces.length > 0 ? { namespaces } : {}) },
          ready: { probe: { http: { port: "telemetry", path: "/readyz" } } },
          // Not /livez, which asks the API server: where that is away, a restart here would help nobody.
          alive: { http: { port: "metrics", path: "/healthz" } },
          resources: args.resources ?? { cpu: 0.25, memory: "128Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: KubeStateMetricsArgs): Connection {
    return connectionTo(args.target, name, { kind: "kube-state-metrics", port: PORT });
  }

  static monitoring(name: string, args: KubeStateMetricsArgs): Monitoring {
    const page = { name: "metrics", number: PORT };
    const own = args.target.namespaces?.services ?? args.target.stack;
    const target = serviceTarget(name, page, KubeStateMetrics.connection(name, args), {
      metricRelabel: schedules(own),
    });
    return {
      targets: [target],
      rules: kubeStateRules(name, args.alerts),
      dashboards: kubeStateDashboards(),
      highlights: kubeStateHighlights(name),
    };
  }
}

/** The stack's own and those of others, each once. */
function watched({ target, agents = true, namespaces = [] }: KubeStateMetricsArgs): string[] {
  const own = target.namespaces;
  return [...new Set([...(own ? [own.services, ...(agents ? [own.agents] : [])] : []), ...namespaces])];
}

/** The stack's CronJobs are called what its schedules are on Docker. `kube_cronjob_info` has a label of that name for another thing. */
function schedules(namespace: string) {
  return [
    {
      source_labels: ["__name__", "namespace", "cronjob"],
      regex: `kube_cronjob_(?:created|status_.+);${escapeRegex(namespace)};(.+)`,
      target_label: "schedule",
      replacement: "$1",
    },
  ];
}

function checkTarget({ target }: KubeStateMetricsArgs): Problem[] {
  if (target.kind === "kubernetes") return [];
  return [
    {
      path: "target",
      value: target.kind,
      rule: "has no objects of Kubernetes to watch",
      fix: "Leave it out: on Docker, NodeExporter says how schedules went and TargetDown what does not run",
    },
  ];
}

function checkNamespaces(namespaces: readonly string[]): Problem[] {
  return namespaces.flatMap((value, i) => {
    const path = `namespaces[${i}]`;
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value))
      return [{ path, value, rule: "must be the name of a namespace" }];
    return namespaces.indexOf(value) === i ? [] : [{ path, value, rule: "is there twice", fix: "Remove one" }];
  });
}
