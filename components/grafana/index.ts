import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { type Problem, refuse, under } from "../core/problems";
import type { Duration, Size } from "../core/units";
import { type Dashboard, OVERVIEW_UID } from "../monitoring/dashboard";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";
import type { Deployed } from "../target/target";
import type { File, Plan, Resources } from "../target/workload";
import type { GrafanaAlert } from "./alerts";
import { backupSchedule, type GrafanaBackup } from "./backup";
import { CONFIG_FILE, DATA, grafanaIni, PASSWORD_FILE } from "./ini";
import { adminPassword, grafanaConnection, grafanaMonitoring, PORT } from "./monitoring";
import { dashboardFiles, dashboardPath, datasourcesFile, type GrafanaFile } from "./provisioning";
import { dashboardsOf, settings } from "./settings";
import { START_FILE, startScript } from "./start";
import { validateGrafana } from "./validate";

export type { GrafanaBackup } from "./backup";

export interface GrafanaArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /**
   * Whose dashboards it shows: the `monitoring` of components, or a blueprint's, which grows while components are declared. An
   * overview is made of all.
   */
  readonly monitoring: readonly Monitoring[];
  /** The Prometheus that dashboards ask. */
  readonly prometheus: Connection;
  /** Whose alerts and silences it shows. @default none */
  readonly alertmanager?: Connection;
  /** Dashboards of one's own. One with the uid of the overview replaces that. @default none */
  readonly dashboards?: readonly Dashboard[];
  /**
   * `false` where there is no image of it: nothing runs, and nothing watches it; all that it would load is generated and checked
   * all the same. @default true
   */
  readonly deploy?: boolean;
  /**
   * Where people reach it. With `https`, cookies are secure and browsers are told to stay with it: behind a proxy that has a
   * certificate. @default `http://127.0.0.1:<port>`
   */
  readonly url?: string;
  /** Prometheus's own, from which the window of rates is made. @default "15s" */
  readonly scrapeInterval?: Duration;
  /** Port of the host (Docker). It has a login, but speaks plain HTTP. @default not published */
  readonly publish?: {
    readonly port: number;
    /** @default "127.0.0.1" */
    readonly address?: string;
  };
  /** Its volume, with users, preferences and people's own dashboards. Grow only. @default 1Gi */
  readonly storage?: { readonly size: Size };
  /** What people made in it, saved every night. @default none */
  readonly backup?: GrafanaBackup;
  /** Limits. @default 1 core, 512Mi */
  readonly resources?: Resources;
  /** Leaves alerts about Grafana out, or changes them. */
  readonly alerts?: AlertTuning<GrafanaAlert>;
}

/**
 * Grafana, with a dashboard for everything that is deployed, its data sources, and one generated admin password.
 *
 * ```ts
 * new Grafana("grafana", { target, images, monitoring: stack.monitoring, prometheus: prometheus.connection });
 * ```
 *
 * What the stack brings is read-only; people's own dashboards live in a folder beside it, in the database on its volume.
 */
export class Grafana extends pulumi.ComponentResource {
  static readonly type = "datastack:index:Grafana";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: GrafanaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Grafana.type, name, {}, opts);
    refuse(under(name, Grafana.validate(name, args)));
    this.connection = Grafana.connection(name, args);
    this.monitoring = Grafana.monitoring(name, args);
    this.nodes = deploy(Grafana.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: GrafanaArgs): Problem[] {
    return validateGrafana(name, args);
  }

  static plan(name: string, args: GrafanaArgs): Plan {
    const { deploy, storage, resources } = settings(args);
    if (!deploy) return {};
    const password = adminPassword(name);
    return {
      secrets: [password],
      services: [
        {
          name,
          image: args.images.grafana,
          command: ["/bin/sh", START_FILE],
          files: [...grafanaFiles(args), { path: PASSWORD_FILE, content: password, secret: true } satisfies File],
          volumes: [{ name: "data", path: DATA, size: storage.size }],
          scratch: { "/tmp": "64Mi", "/var/log/grafana": "16Mi" },
          // Traffic only: it is of use while they start, too.
          needs: [args.prometheus, ...(args.alertmanager ? [args.alertmanager] : [])].map((to) => ({ to })),
          ports: { http: { port: PORT, ...(args.publish ? { publish: publication(args.publish) } : {}) } },
          identity: "stable",
          // The first start makes its database.
          ready: { probe: { http: { port: "http", path: "/api/health" } }, startWithin: 600 },
          // The process alone: a database that is busy is no reason for a restart.
          alive: { http: { port: "http", path: "/healthz" } },
          resources,
          stop: { grace: 30 },
        },
      ],
      schedules: backupSchedule(name, args),
    };
  }

  static connection(name: string, args: GrafanaArgs): Connection {
    return grafanaConnection(name, args);
  }

  static monitoring(name: string, args: GrafanaArgs): Monitoring {
    return grafanaMonitoring(name, args);
  }
}

/** Its files but for the password, for whoever wants to check or show them. */
export function grafanaFiles(args: Omit<GrafanaArgs, "target">): GrafanaFile[] {
  const { url, scrapeInterval } = settings(args);
  const { prometheus, alertmanager } = args;
  const dashboards = dashboardsOf(args);
  const overview = dashboards.find(({ uid }) => uid === OVERVIEW_UID);
  return [
    {
      path: CONFIG_FILE,
      content: grafanaIni({ port: PORT, url, ...(overview ? { home: dashboardPath(overview) } : {}) }),
    },
    { path: START_FILE, content: startScript() },
    datasourcesFile({ prometheus, scrapeInterval, ...(alertmanager ? { alertmanager } : {}) }),
    ...dashboardFiles(dashboards),
  ];
}

/** What there is to see, or why there is nothing, in one line for the table that people see after a deployment. */
export function grafanaNote(args: Omit<GrafanaArgs, "target">): string {
  const count = dashboardsOf(args).length;
  const dashboards = count === 1 ? "1 dashboard" : `${count} dashboards`;
  if (settings(args).deploy) return `${dashboards}; user admin`;
  return `left out: there is no image of it here; its configuration and ${dashboards} are generated and checked`;
}

function publication({ port, address }: { readonly port: number; readonly address?: string }) {
  return { host: port, ...(address ? { address } : {}) };
}
