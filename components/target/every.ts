import type { Problem } from "../core/problems";
import type { Every, Weekday } from "./workload";

/** As numbered by cron and by the arithmetic of days since 1970: Sunday is 0. */
export const WEEKDAYS: readonly Weekday[] = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
];

const MINUTES_A_DAY = 1440;

/**
 * When something runs, as numbers in UTC: every `period` seconds, `offset` seconds after a multiple of it since
 * 1970-01-01T00:00Z, a Thursday.
 */
export interface Timing {
  readonly period: number;
  readonly offset: number;
}

export function timing(every: Every): Timing {
  if ("minutes" in every) return { period: every.minutes * 60, offset: 0 };
  if ("dailyAt" in every) return { period: 86_400, offset: secondsOfDay(every.dailyAt) };
  const daysAfterThursday = (WEEKDAYS.indexOf(every.weekly) - 4 + 7) % 7;
  return { period: 7 * 86_400, offset: daysAfterThursday * 86_400 + secondsOfDay(every.at) };
}

export function checkTime(path: string, every: Every): Problem[] {
  if ("minutes" in every) {
    const { minutes } = every;
    const even = MINUTES_A_DAY % minutes === 0 && (60 % minutes === 0 || minutes % 60 === 0);
    if (Number.isInteger(minutes) && minutes >= 1 && even) return [];
    return [
      {
        path: `${path}.minutes`,
        value: minutes,
        rule: "must divide an hour, or be whole hours that divide a day, so that it runs at the same times every day",
        fix: "Take one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440",
      },
    ];
  }
  if ("dailyAt" in every) return checkClock(`${path}.dailyAt`, every.dailyAt);
  const day = WEEKDAYS.includes(every.weekly)
    ? []
    : [{ path: `${path}.weekly`, value: every.weekly, rule: `must be one of ${WEEKDAYS.join(", ")}` }];
  return [...day, ...checkClock(`${path}.at`, every.at)];
}

function checkClock(path: string, value: string): Problem[] {
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(value)) return [];
  return [{ path, value, rule: 'must be a time of day in UTC from "00:00" to "23:59"' }];
}

function secondsOfDay(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 3600 + minutes * 60;
}
