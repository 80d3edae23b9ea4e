import { type AlertCase, series } from "./case";

const FILES = { job: "files", instance: "files-0" };
const OTHER = { job: "files", instance: "files-1" };
const JOB = { job: "files" };

const answers = (status: string, owner = FILES) =>
  series("http_requests_total", { ...owner, method: "GET", endpoint: "/api/files", status });

/** Answers a minute, by status. */
const traffic = (rates: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(rates).map(([status, rate]) => [answers(status), `0+${rate}x30`]));

const bucket = (le: string) =>
  series("http_request_duration_seconds_bucket", { ...FILES, method: "GET", endpoint: "/api/files", le });

/** A hundred requests a minute, of which some take between one and two and a half seconds. */
const latency = (slow: number) => ({
  [answers("200")]: "0+100x40",
  [bucket("0.25")]: `0+${100 - slow}x40`,
  [bucket("1")]: `0+${100 - slow}x40`,
  [bucket("2.5")]: "0+100x40",
  [bucket("+Inf")]: "0+100x40",
});

const logins = (status: string, type = "password", owner = FILES) =>
  series("auth_attempts_total", { ...owner, type, status });

export const FILES_CASES: readonly AlertCase[] = [
  {
    alert: "FilesSuccessRateLow",
    firing: [
      { input: traffic({ "200": 90, "404": 10 }), at: "15m", labels: JOB, value: 0.9 },
      // A redirection is no success.
      { input: traffic({ "200": 75, "302": 25 }), at: "15m", labels: JOB, value: 0.75 },
      // There never was a 2xx.
      { input: traffic({ "503": 60 }), at: "15m", labels: JOB, value: 0 },
      // One of two replicas fails: together too many.
      {
        input: { [answers("201")]: "0+60x30", [answers("500", OTHER)]: "0+60x30" },
        at: "15m",
        labels: JOB,
        value: 0.5,
      },
    ],
    silent: [
      { input: traffic({ "200": 98, "404": 2 }), at: "15m" },
      { input: traffic({ "200": 60, "201": 30, "204": 10 }), at: "15m" },
      // For less than five minutes.
      { input: { [answers("200")]: "0+100x30", [answers("500")]: "0x10 20+20x2 60x17" }, at: "14m" },
      // Nobody asks for anything but once.
      { input: { [answers("500")]: "0x4 1x26" }, at: "8m" },
    ],
  },
  {
    alert: "FilesLatencyHigh",
    // A tenth lies evenly between 1 and 2.5 seconds: half of it is above the 95th percentile.
    firing: [{ input: latency(10), at: "20m", labels: JOB, value: 1.75 }],
    silent: [
      { input: latency(0), at: "20m" },
      { input: latency(4), at: "20m" },
      // Slow for a moment.
      {
        input: {
          [answers("200")]: "0+100x40",
          [bucket("1")]: "0+100x20 2000x2 2200+100x18",
          [bucket("2.5")]: "0+100x40",
          [bucket("+Inf")]: "0+100x40",
        },
        at: "24m",
      },
    ],
  },
  {
    alert: "FilesAuthenticationsFailing",
    firing: [
      { input: { [logins("failure")]: "0+3x20" }, at: "15m", labels: JOB, value: 15 },
      // Each type and each replica few, together many.
      {
        input: { [logins("failure")]: "0+2x20", [logins("failure", "token", OTHER)]: "0+1x20" },
        at: "15m",
        labels: JOB,
        value: 15,
      },
    ],
    silent: [
      { input: { [logins("failure")]: "0+2x20" }, at: "15m" },
      { input: { [logins("success")]: "0+60x20", [logins("failure")]: "40x20" }, at: "15m" },
    ],
  },
];
