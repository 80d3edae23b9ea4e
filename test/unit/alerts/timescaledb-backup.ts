import { type AlertCase, oneSeries, series } from "./case";

const SCHEDULE = { schedule: "timescaledb-backup" };
/** Whoever reads the files of schedules. */
const SERIES = { job: "node-exporter", instance: "node-exporter", ...SCHEDULE };
const on = (alert: string, simple: Parameters<typeof oneSeries>[2]) =>
  oneSeries(SERIES, alert, { alertLabels: SCHEDULE, ...simple });

const LAST_SUCCESS = "datastack_schedule_last_success_timestamp_seconds";

/** In the Apache edition, which has no policies. */
const ROLLUP = "timescaledb-rollup-30m";

/** What TimescaleDB brings with a backup, and with schedules in place of policies. */
export const TIMESCALEDB_BACKUP_CASES: readonly AlertCase[] = [
  // A success at the beginning, and none after it; the other had one after a day.
  on("TimescaleDBBackupOld", {
    metric: LAST_SUCCESS,
    fires: "0x1600",
    quiet: "0x1439 86400x160",
    at: "1570m",
    value: 94_200,
  }),
  {
    alert: "TimescaleDBBackupMissing",
    firing: [
      { input: { [series("up", { job: "node-exporter" })]: "1x1600" }, at: "1565m", labels: SCHEDULE, value: 1 },
    ],
    silent: [
      { input: { [series(LAST_SUCCESS, SERIES)]: "_x1400 84000x200" }, at: "1565m" },
      { input: { [series("up", { job: "node-exporter" })]: "1x1600" }, at: "1550m" },
    ],
  },
  on("TimescaleDBBackupFailed", {
    metric: "datastack_schedule_last_exit_code",
    fires: "0x10 124x10",
    quiet: "124x10 0x10",
    at: "15m",
    value: 124,
  }),
  oneSeries({ ...SERIES, schedule: ROLLUP }, "TimescaleDBScheduleFailed", {
    alertLabels: { schedule: ROLLUP },
    metric: "datastack_schedule_last_exit_code",
    fires: "0x10 3x10",
    quiet: "3x10 0x10",
    at: "15m",
    value: 3,
  }),
];
