import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { type Problem, refuse, under } from "../core/problems";
import type { Duration, Size } from "../core/units";
import { collect } from "../monitoring/collect";
import {
  type ExternalTarget,
  externalConnection,
  externalFiles,
  isStatic,
  type KubeletMetrics,
  kubeletConnection,
  type OutsideTargets,
} from "../monitoring/external";
import type { AlertTuning, Monitoring, RuleGroup } from "../monitoring/monitoring";
import { rulesFile } from "../monitoring/rules";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { Discovery, Need, Plan, Resources } from "../target/workload";
import type { PrometheusAlert } from "./alerts";
import { CONFIG_FILE, DATA, prometheusConfig, RULES_FILE } from "./config";
import { PORT, prometheusConnection, prometheusMonitoring } from "./monitoring";
import { everything, settings } from "./settings";
import { validatePrometheus } from "./validate";

export interface PrometheusArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /**
   * What it watches: the `monitoring` of components, or a blueprint's, which grows while components are declared. Itself it
   * watches always.
   */
  readonly monitoring: readonly Monitoring[];
  /**
   * What it watches beside that: pods of other namespaces and servers that have a name, each under a job of its own. Their rules are
   * in `rules`. @default none
   */
  readonly external?: readonly ExternalTarget[];
  /**
   * What the kubelets of the stack's nodes say of its volumes and containers (Kubernetes). Needs a right to the metrics of every node,
   * which no namespace can give. @default nothing
   */
  readonly kubelet?: KubeletMetrics;
  /** Rules of one's own. An alert there needs a `runbook`, or a page in docs/runbooks. @default none */
  readonly rules?: readonly RuleGroup[];
  /** What `runbook_url` begins with, such as the address where docs/runbooks is served. @default "docs/runbooks" */
  readonly runbooks?: string;
  /** When samples are deleted: when they are older, or when all of them are larger, whichever comes first. */
  readonly retention?: {
    /** @default "15d" */
    readonly time?: Duration;
    /** At most 85 % of `storage.size`. @default 80 % of `storage.size` */
    readonly size?: Size;
  };
  /** Its volume. Grow only. @default 10Gi */
  readonly storage?: { readonly size: Size };
  /** @default "15s" */
  readonly scrapeInterval?: Duration;
  /** At most the interval. @default "10s" */
  readonly scrapeTimeout?: Duration;
  /** How often rules are evaluated. @default "15s" */
  readonly evaluationInterval?: Duration;
  /** On everything that leaves this Prometheus, alerts above all. @default `{ stack: <name of the stack> }` */
  readonly externalLabels?: Readonly<Record<string, string>>;
  /** Where alerts go. @default nowhere: they are only shown */
  readonly alertmanagers?: readonly Connection[];
  /**
   * Where people reach it, for the links that alerts carry: scheme and host name, such as behind a proxy that asks for a password. Paths stay
   * as they are, for itself as for Grafana. @default the name of its host
   */
  readonly url?: string;
  /** Port of the host (Docker). It has no authentication: beyond loopback, everybody can read. @default not published */
  readonly publish?: {
    readonly port: number;
    /** @default "127.0.0.1" */
    readonly address?: string;
  };
  /** Limits. Memory grows with the number of series: about 1Gi per 200,000. @default 1 core, 1Gi */
  readonly resources?: Resources;
  /** Leaves alerts about Prometheus and its targets out, or changes them. */
  readonly alerts?: AlertTuning<PrometheusAlert>;
}

/**
 * Prometheus, with the scrape targets and rules of everything that it is given.
 *
 * ```ts
 * new Prometheus("prometheus", { target, images, monitoring: [kafka.monitoring, exporter.monitoring] });
 * ```
 *
 * Configuration and rules are files of its container: a change of either shows in the preview as a change of this workload
 * and of no other, and takes effect by a graceful restart, with its samples kept.
 */
export class Prometheus extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Prometheus";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Prometheus.type, name, {}, opts);
    refuse(under(name, Prometheus.validate(name, args)));
    this.connection = Prometheus.connection(name, args);
    this.monitoring = Prometheus.monitoring(name, args);
    this.nodes = deploy(Prometheus.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: PrometheusArgs): Problem[] {
    return validatePrometheus(name, args);
  }

  static plan(name: string, args: PrometheusArgs): Plan {
    const { storage, resources } = settings(args);
    const files = prometheusFiles(name, args);
    return {
      services: [
        {
          name,
          image: args.images.prometheus,
          command: ["/bin/prometheus"],
          args: [
            `--config.file=${CONFIG_FILE}`,
            `--storage.tsdb.path=${DATA}`,
            `--web.listen-address=:${PORT}`,
            "--log.format=json",
            ...(args.url ? [`--web.external-url=${args.url}`] : []),
          ],
          files: [
            { path: CONFIG_FILE, content: files.config },
            { path: RULES_FILE, content: files.rules },
            ...(args.external ?? []).flatMap(externalFiles),
          ],
          volumes: [{ name: "data", path: DATA, size: storage.size }],
          needs: needs(name, args),
          ports: { http: { port: PORT, ...(args.publish ? { publish: publication(args.publish) } : {}) } },
          identity: "stable",
          discovery: discovery(args),
          // It answers only after it has read its write-ahead log again.
          ready: { probe: { http: { port: "http", path: "/-/ready" } }, startWithin: 600 },
          alive: { http: { port: "http", path: "/-/healthy" } },
          resources,
          stop: { grace: 300 },
        },
      ],
    };
  }

  static connection(name: string, args: PrometheusArgs): Connection {
    return prometheusConnection(name, args);
  }

  static monitoring(name: string, args: PrometheusArgs): Monitoring {
    return prometheusMonitoring(name, args);
  }
}

/** The text of its files, for whoever wants to check or show it. */
export function prometheusFiles(name: string, args: PrometheusArgs): { config: string; rules: string } {
  const { targets, groups } = collect(everything(name, args));
  return {
    config: prometheusConfig({ ...settings(args), scrapes: args.target.scrape(targets, outside(args)) }),
    rules: rulesFile(groups, args.runbooks ? { runbooks: args.runbooks } : {}),
  };
}

/** Traffic only: were it to wait for what it watches, nothing would be watched while that starts. */
function needs(name: string, args: PrometheusArgs): Need[] {
  const watched = collect(everything(name, args)).targets.filter((target) => target.workload !== name);
  const { external, kubelet = {} } = outside(args);
  return [
    ...watched.map((target) => target.connection),
    ...external.map((target) => externalConnection(args.target, target)),
    ...(kubelet.volumes || kubelet.containers ? [kubeletConnection(kubelet)] : []),
    ...(args.alertmanagers ?? []),
  ].map((to) => ({ to }));
}

function outside({ external = [], kubelet = {} }: PrometheusArgs): OutsideTargets {
  return { external, kubelet };
}

/** The pods of its stack, and of the namespaces where it finds others. */
function discovery({ external = [], kubelet = {} }: PrometheusArgs): Discovery {
  const namespaces = external.flatMap((target) => (isStatic(target) ? [] : (target.namespace ?? [])));
  return {
    ...(namespaces.length > 0 ? { namespaces: [...new Set(namespaces)].sort() } : {}),
    ...(kubelet.volumes || kubelet.containers ? { nodeMetrics: true } : {}),
  };
}

function publication({ port, address }: { readonly port: number; readonly address?: string }) {
  return { host: port, ...(address ? { address } : {}) };
}
