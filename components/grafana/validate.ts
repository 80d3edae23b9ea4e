import { checkName } from "../core/names";
import type { Problem } from "../core/problems";
import { bytes } from "../core/units";
import { checkDuration } from "../monitoring/alert";
import { checkDashboards, type Dashboard } from "../monitoring/dashboard";
import { checkPort } from "../target/check";
import type { Connection } from "../target/connection";
import { checkGrafanaTuning } from "./alerts";
import { checkBackup } from "./backup";
import type { GrafanaArgs } from "./index";
import { dashboardFiles, folderOf, OWN_FOLDER, slug } from "./provisioning";
import { dashboardsOf, settings } from "./settings";

/** Bytes of one dashboard: what an object of Kubernetes may have, and far more than anybody can look at. */
export const MAX_DASHBOARD = 1_000_000;

/** Checks everything, whether it is deployed or left out: a stack that cannot have the image here has it elsewhere. */
export function validateGrafana(name: string, args: GrafanaArgs): Problem[] {
  const dashboards = dashboardsOf(args);
  const { scrapeInterval, storage } = settings(args);
  const problems = checkDashboards("dashboards", dashboards);
  return [
    ...checkName("name", name),
    ...checkServer("prometheus", "prometheus", args.prometheus),
    ...(args.alertmanager ? checkServer("alertmanager", "alertmanager", args.alertmanager) : []),
    ...checkUrl(args.url),
    ...checkDuration("scrapeInterval", scrapeInterval),
    ...(bytes(storage.size) ? [] : [{ path: "storage.size", value: storage.size, rule: "must be a size such as 1Gi" }]),
    ...checkBackup(args.backup),
    ...(args.publish ? checkPort("publish.port", args.publish.port) : []),
    ...problems,
    ...checkFolders(dashboards),
    // Only what is in order can be rendered.
    ...(problems.length > 0 ? [] : checkSizes(dashboards)),
    ...checkGrafanaTuning("alerts", args.alerts),
  ];
}

function checkServer(path: string, kind: string, connection: Connection): Problem[] {
  if (connection.kind === kind) return [];
  return [{ path, value: connection.id, rule: `must be the connection of a server of the kind ${kind}` }];
}

function checkUrl(url: string | undefined): Problem[] {
  if (url === undefined || /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url)) return [];
  return [
    { path: "url", value: url, rule: 'must be an address such as "https://grafana.example.com", without a query' },
  ];
}

/** Folders become directories and uids, in which they must still differ. */
function checkFolders(dashboards: readonly Dashboard[]): Problem[] {
  const folders = [...new Set(dashboards.map(folderOf))].sort();
  return folders.flatMap((folder, i): Problem[] => {
    const same = folders.findIndex((other) => slug(other) === slug(folder));
    const path = "dashboards.folder";
    if (slug(folder) === "" || slug(folder).length > 30)
      return [{ path, value: folder, rule: "must have 1 to 30 letters and digits" }];
    if (slug(folder) === "own" || folder === OWN_FOLDER)
      return [{ path, value: folder, rule: "is the folder of people's own dashboards", fix: "Name another one" }];
    return same === i
      ? []
      : [{ path, value: folder, rule: `differs from ${JSON.stringify(folders[same])} only in signs`, fix: "Use one" }];
  });
}

function checkSizes(dashboards: readonly Dashboard[]): Problem[] {
  return dashboardFiles(dashboards).flatMap(({ path, content }) => {
    const size = Buffer.byteLength(content);
    if (size <= MAX_DASHBOARD) return [];
    const rule = `must have at most ${MAX_DASHBOARD} bytes as a file; it has ${size}`;
    return [{ path: "dashboards", value: path, rule, fix: "Split it into several" }];
  });
}
