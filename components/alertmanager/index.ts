import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { type Problem, refuse, under } from "../core/problems";
import type { Duration, Size } from "../core/units";
import type { AlertTuning, Monitoring, Severity } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { File, Plan, Resources } from "../target/workload";
import type { AlertmanagerAlert } from "./alerts";
import { alertmanagerConfig, CONFIG_FILE, DATA } from "./config";
import { alertmanagerConnection, alertmanagerMonitoring, PORT } from "./monitoring";
import { type DeadMansSwitch, type Receivers, type Routes, receiverConnection, receiverSecrets } from "./receivers";
import { settings, told } from "./settings";
import { TEMPLATES, TEMPLATES_FILE } from "./templates";
import { checkedSecret, validateAlertmanager } from "./validate";

export type {
  DeadMansSwitch,
  DiscordReceiver,
  EmailReceiver,
  Receiver,
  Receivers,
  Routes,
  SlackReceiver,
  WebhookReceiver,
} from "./receivers";

export interface AlertmanagerArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /**
   * Whose alerts come: the `monitoring` of components, or a blueprint's. From it come the alerts that explain others, which are then
   * left out. @default none
   */
  readonly monitoring?: readonly Monitoring[];
  /** Who can be told, by name: DNS labels. @default nobody: alerts are only shown */
  readonly receivers?: Receivers;
  /**
   * Who is told of which severity. `info` explains other alerts, so that by default nobody is told of it.
   * @default critical and warning: every receiver but the watchdog's; info: none
   */
  readonly routes?: Routes;
  /** Where the Watchdog goes, which fires always. @default nowhere */
  readonly watchdog?: DeadMansSwitch;
  /** After how long an alert that goes on is told again. At most 120h. @default critical 1h, warning 4h, info 12h */
  readonly repeat?: Readonly<Partial<Record<Severity, Duration>>>;
  /** How long it waits for more alerts of the same name and job, to tell of them together. @default "30s" */
  readonly groupWait?: Duration;
  /** At least how long it is quiet between two messages about the same group. @default "5m" */
  readonly groupInterval?: Duration;
  /** Where people reach it: what links in messages begin with. @default `http://127.0.0.1:<port>` where it is published */
  readonly url?: string;
  /** Its volume, with silences and the log of what was told to whom. Grow only. @default 1Gi */
  readonly storage?: { readonly size: Size };
  /** Port of the host (Docker). It has no authentication: beyond loopback, everybody can silence. @default not published */
  readonly publish?: {
    readonly port: number;
    /** @default "127.0.0.1" */
    readonly address?: string;
  };
  /** Limits. @default 0.25 cores, 128Mi */
  readonly resources?: Resources;
  /** Leaves alerts about Alertmanager out, or changes them. */
  readonly alerts?: AlertTuning<AlertmanagerAlert>;
}

/**
 * Alertmanager, one instance: groups the alerts of Prometheus and tells people of them.
 *
 * ```ts
 * const alertmanager = stack.add(Alertmanager, "alertmanager", {
 *   images,
 *   receivers: { ops: { kind: "slack", url: config.requireSecret("slackUrl") } },
 * });
 * stack.add(Prometheus, "prometheus", { images, monitoring: stack.monitoring, alertmanagers: [alertmanager.connection] });
 * ```
 *
 * Addresses and passwords are files of its container; its configuration, which everybody can read who reaches it, has none.
 */
export class Alertmanager extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Alertmanager";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: AlertmanagerArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Alertmanager.type, name, {}, opts);
    refuse(under(name, Alertmanager.validate(name, args)));
    this.connection = Alertmanager.connection(name, args);
    this.monitoring = Alertmanager.monitoring(name, args);
    this.nodes = deploy(Alertmanager.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: AlertmanagerArgs): Problem[] {
    return validateAlertmanager(name, args);
  }

  static plan(name: string, args: AlertmanagerArgs): Plan {
    const { storage, resources, url } = settings(args);
    const used = usedReceivers(args);
    return {
      services: [
        {
          name,
          image: args.images.alertmanager,
          command: ["/bin/alertmanager"],
          args: [
            `--config.file=${CONFIG_FILE}`,
            `--storage.path=${DATA}`,
            `--web.listen-address=:${PORT}`,
            // One instance: nothing to gossip with.
            "--cluster.listen-address=",
            // Which receiver fails, and not only by what it is told.
            "--enable-feature=receiver-name-in-metrics",
            ...(url ? [`--web.external-url=${url}`] : []),
            "--log.format=json",
          ],
          files: [
            { path: CONFIG_FILE, content: alertmanagerFiles(args).config },
            { path: TEMPLATES_FILE, content: TEMPLATES },
            ...used.flatMap(([receiver, of]) =>
              receiverSecrets(receiver, of).map(({ key, path, content }): File => {
                const at = `${name}.receivers.${receiver}.${key}`;
                return { path, content: key === "url" ? checkedSecret(at, content) : content, secret: true };
              }),
            ),
          ],
          volumes: [{ name: "data", path: DATA, size: storage.size }],
          needs: used.map(([receiver, of]) => ({ to: receiverConnection(receiver, of) })),
          ports: { http: { port: PORT, ...(args.publish ? { publish: publication(args.publish) } : {}) } },
          identity: "stable",
          ready: { probe: { http: { port: "http", path: "/-/ready" } } },
          alive: { http: { port: "http", path: "/-/healthy" } },
          resources,
          stop: { grace: 30 },
        },
      ],
    };
  }

  static connection(name: string, args: AlertmanagerArgs): Connection {
    return alertmanagerConnection(name, args);
  }

  static monitoring(name: string, args: AlertmanagerArgs): Monitoring {
    return alertmanagerMonitoring(name, args);
  }
}

/** The text of its files, for whoever wants to check or show it. */
export function alertmanagerFiles(args: Omit<AlertmanagerArgs, "target">): { config: string; templates: string } {
  return { config: alertmanagerConfig(settings(args)), templates: TEMPLATES };
}

/** Who is told, in one line, for the table that people see after a deployment. */
export function alertmanagerNote(args: Omit<AlertmanagerArgs, "target">): string {
  const all = settings(args);
  const names = told(all);
  const people =
    names.length > 0 ? `alerts go to ${names.join(", ")}` : "nobody is told of alerts, they are only shown";
  return all.watchdog ? `${people}; dead man's switch: ${all.watchdog.receiver}` : people;
}

/** Those that something is sent to: the others' secrets have no business in the container. */
function usedReceivers(args: AlertmanagerArgs) {
  const all = settings(args);
  const names = new Set([...told(all), ...(all.watchdog ? [all.watchdog.receiver] : [])]);
  return Object.entries(all.receivers)
    .filter(([name]) => names.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function publication({ port, address }: { readonly port: number; readonly address?: string }) {
  return { host: port, ...(address ? { address } : {}) };
}
