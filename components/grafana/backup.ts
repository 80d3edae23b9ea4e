import type { Problem } from "../core/problems";
import { bytes, type Size } from "../core/units";
import { checkTime } from "../target/every";
import type { Resources, Schedule } from "../target/workload";
import {
  ARCHIVES,
  BACKUP,
  BACKUP_PASSWORD,
  BACKUP_SCRIPT,
  BACKUP_TIMEOUT,
  JSON_AWK,
  JSON_SCRIPT,
  RESTORE,
  RESTORE_SCRIPT,
} from "./backup-scripts";
import type { GrafanaArgs } from "./index";
import { adminPassword, grafanaConnection } from "./monitoring";
import { settings } from "./settings";

/** A nightly archive of people's folders and dashboards, by Grafana's API, on a volume of its own. */
export interface GrafanaBackup {
  /** Time of day in UTC. @default "03:00" */
  readonly dailyAt?: `${number}:${number}`;
  /** Archives that are kept, 1 to 366; older ones are removed after a new one was verified. @default 14 */
  readonly keep?: number;
  /** Volume of the archives. Grow only. @default 1Gi */
  readonly storage?: { readonly size: Size };
  /** Limits of the process that saves. @default { cpu: 0.5, memory: "128Mi" } */
  readonly resources?: Resources;
}

export function backupName(name: string): string {
  return `${name}-backup`;
}

/** What saves, and what restores: it has the archives, the programs and the password. */
export function backupSchedule(name: string, args: GrafanaArgs): Schedule[] {
  const { backup } = args;
  if (!backup) return [];
  const { dailyAt = "03:00", keep = 14, storage = { size: "1Gi" as const } } = backup;
  const to = grafanaConnection(name, args);
  return [
    {
      name: backupName(name),
      // It is there already, and has what the scripts need: curl, awk, tar.
      image: args.images.grafana,
      command: ["/bin/sh", BACKUP_SCRIPT],
      env: {
        GRAFANA_URL: `http://${to.host}:${to.port}${new URL(settings(args).url).pathname.replace(/\/$/, "")}`,
        KEEP: String(keep),
        NAME: name,
      },
      files: [
        { path: BACKUP_SCRIPT, content: BACKUP, executable: true },
        { path: RESTORE_SCRIPT, content: RESTORE, executable: true },
        { path: JSON_SCRIPT, content: JSON_AWK },
        { path: BACKUP_PASSWORD, content: adminPassword(name), secret: true },
      ],
      scratch: { "/tmp": "64Mi" },
      volumes: [{ name: "archives", path: ARCHIVES, size: storage.size }],
      needs: [{ to, start: true }],
      every: { dailyAt },
      timeout: BACKUP_TIMEOUT,
      resources: backup.resources ?? { cpu: 0.5, memory: "128Mi" },
    },
  ];
}

export function checkBackup(backup: GrafanaBackup | undefined): Problem[] {
  if (!backup) return [];
  const { dailyAt, keep, storage } = backup;
  const problems: Problem[] = dailyAt === undefined ? [] : checkTime("backup", { dailyAt });
  if (keep !== undefined && !(Number.isInteger(keep) && keep >= 1 && keep <= 366)) {
    problems.push({ path: "backup.keep", value: keep, rule: "must be a whole number of archives from 1 to 366" });
  }
  if (storage && !bytes(storage.size)) {
    problems.push({ path: "backup.storage.size", value: storage.size, rule: "must be a size such as 1Gi" });
  }
  return problems;
}
