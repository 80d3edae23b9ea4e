import { timing, WEEKDAYS } from "../every";
import type { Every } from "../workload";

/** As cron writes it, in UTC. */
export function cron(every: Every): string {
  if ("minutes" in every) return minutes(every.minutes);
  const [hour, minute] = ("dailyAt" in every ? every.dailyAt : every.at).split(":").map(Number);
  return `${minute} ${hour} * * ${"weekly" in every ? WEEKDAYS.indexOf(every.weekly) : "*"}`;
}

/** Seconds by which a run may be late: better than not at all, but not so late that it meets the next one. */
export function lateness(every: Every): number {
  return Math.max(30, Math.min(3600, Math.floor(timing(every).period / 2)));
}

/** `checkTime` lets only those pass that divide an hour or a day. */
function minutes(count: number): string {
  if (count === 1) return "* * * * *";
  if (count < 60) return `*/${count} * * * *`;
  if (count === 60) return "0 * * * *";
  return count === 1440 ? "0 0 * * *" : `0 */${count / 60} * * *`;
}
