/** Minutes after a start in which nothing may go wrong. */
export const FIRST_MINUTES = 5;

/** What programs write when something is wrong: log levels of the usual formats, and what the JVM and Go print when they give up. */
const ERROR = [
  /"level":\s*"(error|fatal|panic)"/i,
  /\blevel=(error|fatal|panic|crit)\b/i,
  /(^|\s|\[)(ERROR|FATAL|SEVERE|CRITICAL|PANIC)(\s|\]|:)/,
  /^Exception in thread/,
  /^(panic|fatal error): /,
];

/** Levels of records that are no errors. */
const HARMLESS_LEVEL = [
  /"level":\s*"(trace|debug|info|warn|warning)"/i,
  /\blevel=(trace|debug|info|warn|warning)\b/i,
  /(^|\s|\[)(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING)(\s|\]|:)/,
];

/** What was thrown. It has no level of its own: below a warning, such as a peer that is not there yet, it belongs to that. */
const THROWN = /\b[\w.]+(Exception|Error): /;

/** Lines that look like errors and are none, with the reason. */
const HARMLESS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/password authentication failed for user/, "a refused login; who was refused says so in its own log"],
  [
    /cannot get (current|oldest) offset.*Your metadata is out of date/,
    "kafka_exporter looked while a topic was being made; a partition that stays without a leader is an alert",
  ],
  [
    /no offset, cannot get consumer group lag/,
    "kafka_exporter looks for new topics once a minute; a topic that it knows and cannot read says so in another line",
  ],
  [
    /Error sending alerts.*connect: connection refused/,
    "Prometheus came up a moment before Alertmanager, and sends again; whether they arrive is a check of its own",
  ],
  [/disabling udev device properties/, "a host without udev; the disks' other metrics are there"],
];

/** The first lines of a log that tell of an error. */
export function errorLines(log: string, most = 3): string[] {
  let harmless = false;
  const lines = log.split("\n").filter((line) => {
    const text = stripTime(line);
    const error = isError(text);
    if (error) harmless = false;
    else if (HARMLESS_LEVEL.some((pattern) => pattern.test(text))) harmless = true;
    return error || (!harmless && THROWN.test(text));
  });
  const shown = lines.slice(0, most).map((line) => line.slice(0, 300));
  return lines.length > most ? [...shown, `and ${lines.length - most} more`] : shown;
}

/** Lines of a log with `timestamps` up to so many minutes after a start. */
export function beginning(log: string, startedAt: string, minutes = FIRST_MINUTES): string {
  const end = Date.parse(startedAt) + minutes * 60_000;
  return log
    .split("\n")
    .filter((line) => {
      const time = Date.parse(line.slice(0, line.indexOf(" ")));
      return Number.isNaN(time) || time <= end;
    })
    .join("\n");
}

function isError(line: string): boolean {
  return ERROR.some((pattern) => pattern.test(line)) && !HARMLESS.some(([pattern]) => pattern.test(line));
}

function stripTime(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) /, "");
}
