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

interface Harmless {
  /** In the line that looks like an error. */
  readonly said: RegExp;
  /** In the lines below it. @default anything or nothing */
  readonly thrown?: RegExp;
  readonly reason: string;
}

/** Records that look like errors and are none. */
const HARMLESS: readonly Harmless[] = [
  {
    said: /password authentication failed for user/,
    reason: "a refused login; who was refused says so in its own log",
  },
  {
    said: /cannot get (current|oldest) offset.*Your metadata is out of date/,
    reason: "kafka_exporter looked while a topic was being made; a partition that stays without a leader is an alert",
  },
  {
    said: /no offset, cannot get consumer group lag/,
    reason:
      "kafka_exporter looks for new topics once a minute; a topic that it knows and cannot read says so in another line",
  },
  {
    said: /Error sending alerts.*(connect: connection refused|no such host|server misbehaving)/,
    reason:
      "Prometheus came up a moment before Alertmanager, and sends again; whether they arrive is a check of its own",
  },
  {
    said: /disabling udev device properties/,
    reason: "a host without udev; the disks' other metrics are there",
  },
  {
    said: /EventPerformanceMonitor/,
    reason: "the controller was slow for once; one that stays slow times out, which is an alert",
  },
  {
    said: /ControllerApis.*Unexpected error handling request/,
    thrown: /NotControllerException/,
    reason: "a broker asked the new controller a moment too early, and asks again; one without controller is an alert",
  },
  {
    said: /Unexpected error NOT_LEADER_OR_FOLLOWER in ADD_RAFT_VOTER response/,
    reason: "the quorum had another leader meanwhile, and is asked again; who is a voter is a check of its own",
  },
  {
    said: /RegistrationResponseHandler: channel manager timed out before sending the request/,
    reason: "a controller registers again until it is; who is a voter is a check of its own",
  },
  {
    said: /HTTPServer caught an Exception while trying to send the metrics response/,
    reason: "who asked the JMX agent no longer waits for the answer; a broker that stays so slow is a target down",
  },
];

/** The first lines of a log that tell of an error. */
export function errorLines(log: string, most = 3): string[] {
  const lines = recordsOf(log).flatMap(alarming);
  const shown = lines.slice(0, most).map((line) => line.slice(0, 300));
  return lines.length > most ? [...shown, `and ${lines.length - most} more`] : shown;
}

/** Lines with those that belong to them: what has no level, such as what was thrown, continues the line above. */
function recordsOf(log: string): string[][] {
  const records: string[][] = [[]];
  for (const line of log.split("\n")) {
    const text = stripTime(line);
    if (isError(text) || hasHarmlessLevel(text)) records.push([]);
    records.at(-1)?.push(line);
  }
  return records;
}

function alarming(record: readonly string[]): string[] {
  const lines = record.map(stripTime);
  const [first = "", ...rest] = lines;
  const below = rest.join("\n");
  const known = HARMLESS.some(({ said, thrown }) => said.test(first) && (!thrown || thrown.test(below)));
  if (known || hasHarmlessLevel(first)) return [];
  return record.filter((_, index) => isError(lines[index] ?? "") || THROWN.test(lines[index] ?? ""));
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
  return ERROR.some((pattern) => pattern.test(line));
}

function hasHarmlessLevel(line: string): boolean {
  return !isError(line) && HARMLESS_LEVEL.some((pattern) => pattern.test(line));
}

function stripTime(line: string): string {
  return line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) /, "");
}
