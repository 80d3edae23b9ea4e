import { stringify } from "yaml";
import type { Duration } from "../core/units";
import { DATASOURCES, type Dashboard, DEFAULT_FOLDER, dashboardFileName, dashboardJson } from "../monitoring/dashboard";
import type { Connection } from "../target/connection";
import { PROVISIONING } from "./ini";

export const DATASOURCES_FILE = `${PROVISIONING}/datasources/datastack.yml`;
export const PROVIDERS_FILE = `${PROVISIONING}/dashboards/datastack.yml`;
const DASHBOARDS = "/etc/grafana/dashboards";

/** The folder that people save their own dashboards in. */
export const OWN_FOLDER = "Own dashboards";
const OWN = "own";

/** Fixed, because dashboards name it. */
const ALERTMANAGER_UID = "alertmanager";

export interface DatasourcesSpec {
  readonly prometheus: Connection;
  readonly alertmanager?: Connection;
  /** Prometheus's scrape interval, from which Grafana makes the window of rates. */
  readonly scrapeInterval: Duration;
}

export interface GrafanaFile {
  readonly path: string;
  readonly content: string;
}

/** With fixed uids, not to be changed in the browser; what is taken out of the stack disappears. */
export function datasourcesFile({ prometheus, alertmanager, scrapeInterval }: DatasourcesSpec): GrafanaFile {
  const common = { access: "proxy", orgId: 1, editable: false };
  const datasources = [
    {
      name: "Prometheus",
      uid: DATASOURCES.prometheus.uid,
      type: DATASOURCES.prometheus.type,
      url: urlOf(prometheus),
      ...common,
      isDefault: true,
      jsonData: {
        httpMethod: "POST",
        prometheusType: "Prometheus",
        timeInterval: scrapeInterval,
        // Rules are the stack's; here they are only shown.
        manageAlerts: false,
        ...(alertmanager ? { alertmanagerUid: ALERTMANAGER_UID } : {}),
      },
    },
    ...(alertmanager
      ? [
          {
            name: "Alertmanager",
            uid: ALERTMANAGER_UID,
            type: "alertmanager",
            url: urlOf(alertmanager),
            ...common,
            isDefault: false,
            jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
          },
        ]
      : []),
  ];
  return {
    path: DATASOURCES_FILE,
    content: stringify({ apiVersion: 1, prune: true, datasources }, { lineWidth: 0, aliasDuplicateObjects: false }),
  };
}

/** The dashboards, one file each, and who reads them: a provider for each folder. */
export function dashboardFiles(dashboards: readonly Dashboard[]): GrafanaFile[] {
  const folders = [...new Set(dashboards.map(folderOf))].sort();
  return [
    { path: PROVIDERS_FILE, content: providersFile(folders) },
    ...dashboards
      .map((dashboard) => ({ path: dashboardPath(dashboard), content: dashboardJson(dashboard) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    {
      path: `${DASHBOARDS}/${OWN}/README.md`,
      content: `A provider without dashboards: it makes the folder "${OWN_FOLDER}", and what is saved there stays in the database.\n`,
    },
  ];
}

export function dashboardPath(dashboard: Dashboard): string {
  return `${DASHBOARDS}/${slug(folderOf(dashboard))}/${dashboardFileName(dashboard)}`;
}

export function folderOf(dashboard: Dashboard): string {
  return dashboard.folder ?? DEFAULT_FOLDER;
}

/** The folder as a part of a path and of a uid. */
export function slug(folder: string): string {
  return folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

function providersFile(folders: readonly string[]): string {
  const providers = [
    ...folders.map((folder) => provider(slug(folder), folder, `datastack-${slug(folder)}`)),
    provider(OWN, OWN_FOLDER, OWN),
  ];
  return stringify({ apiVersion: 1, providers }, { lineWidth: 0 });
}

function provider(name: string, folder: string, folderUid: string) {
  return {
    name,
    orgId: 1,
    folder,
    folderUid,
    type: "file",
    allowUiUpdates: false,
    // Nobody can delete a provisioned dashboard anyway. With `true`, one that is taken out of the stack would stay as a copy that
    // anybody can edit, instead of disappearing.
    disableDeletion: false,
    // The files are the container's: they do not change while it runs.
    updateIntervalSeconds: 300,
    options: { path: `${DASHBOARDS}/${name}` },
  };
}

function urlOf({ host, port }: Connection): string {
  return `http://${host}:${port}`;
}
