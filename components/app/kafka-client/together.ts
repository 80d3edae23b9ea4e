import type { Problem } from "../../core/problems";
import type { KafkaClient, KafkaSetting } from "./args";
import { settingsTable } from "./table";

/**
 * Combinations that the library refuses when the client is made, so that the app would end at its start. The value of a setting
 * that is left out is the library's default.
 */
export function checkTogether(path: string, client: KafkaClient): Problem[] {
  const values = effective(client);
  const problem = (name: string, rule: string, fix?: string): Problem => ({
    path: `${path}[${JSON.stringify(name)}]`,
    value: client.settings?.[name],
    rule,
    ...(fix ? { fix } : {}),
  });
  return client.role === "producer" ? producer(client, values, problem) : consumer(client, values, problem);
}

type Report = (name: string, rule: string, fix?: string) => Problem;
type Values = (...names: readonly string[]) => string;

/** The first of the names that is set, else the default of the first. Names of one thing stand together. */
function effective({ library, settings = {} }: KafkaClient): Values {
  const { settings: known } = settingsTable(library);
  return (...names) => {
    const set = names.find((name) => settings[name] !== undefined);
    return set === undefined ? (known[names[0] ?? ""]?.default ?? "") : String(settings[set] as KafkaSetting);
  };
}

const isTrue = (text: string): boolean => /^(true|t|1)$/i.test(text);
const LINGER = ["linger.ms", "queue.buffering.max.ms"] as const;
const TIMEOUT = ["delivery.timeout.ms", "message.timeout.ms"] as const;
const ACKS = ["acks", "request.required.acks"] as const;
const IN_FLIGHT = ["max.in.flight.requests.per.connection", "max.in.flight"] as const;
const RETRIES = ["retries", "message.send.max.retries"] as const;

function producer(client: KafkaClient, value: Values, problem: Report): Problem[] {
  const { settings = {}, library } = client;
  const given = (names: readonly string[]) => names.find((name) => settings[name] !== undefined);
  const problems: Problem[] = [];
  const transactional = settings["transactional.id"] !== undefined;
  if (transactional && settings["enable.idempotence"] !== undefined && !isTrue(value("enable.idempotence")))
    problems.push(
      problem("transactional.id", "needs enable.idempotence", "Leave enable.idempotence out, or set it to true"),
    );
  // Java is idempotent unless settings contradict it; only an explicit wish is refused then.
  if (transactional || (settings["enable.idempotence"] !== undefined && isTrue(value("enable.idempotence")))) {
    const [acks, flight, retries] = [given(ACKS), given(IN_FLIGHT), given(RETRIES)];
    if (acks && !["all", "-1"].includes(value(acks)))
      problems.push(problem(acks, 'must be "all" for an idempotent producer'));
    if (flight && Number(value(flight)) > 5)
      problems.push(problem(flight, "must be at most 5 for an idempotent producer"));
    if (retries && Number(value(retries)) < 1)
      problems.push(problem(retries, "must be at least 1 for an idempotent producer"));
  }
  const timeout = Number(value(...TIMEOUT));
  const least = Number(value(...LINGER)) + (library === "java" ? Number(value("request.timeout.ms")) : 0);
  const at = given(TIMEOUT) ?? given(LINGER);
  if (at && timeout !== 0 && (library === "java" ? timeout < least : timeout <= least)) {
    const rule = library === "java" ? "at least linger.ms + request.timeout.ms" : "more than linger.ms";
    problems.push(problem(at, `leaves a time to deliver (${timeout} ms) that must be ${rule} (${least} ms)`));
  }
  return [...problems, ...backoff(client, value, problem)];
}

function consumer(client: KafkaClient, value: Values, problem: Report): Problem[] {
  const { settings = {}, library } = client;
  const problems: Problem[] = [];
  if (settings["group.id"] === undefined || String(settings["group.id"]).trim() === "")
    problems.push(
      problem(
        "group.id",
        "must be given to a consumer: offsets are kept, and lag is watched, by group",
        "Choose a name that no other app has",
      ),
    );
  const among = ["max.poll.interval.ms", "session.timeout.ms"].find((name) => settings[name] !== undefined);
  const [poll, session] = [Number(value("max.poll.interval.ms")), Number(value("session.timeout.ms"))];
  if (library === "librdkafka" && among && poll < session)
    problems.push(problem(among, `makes max.poll.interval.ms (${poll}) less than session.timeout.ms (${session})`));
  const bytes = ["fetch.max.bytes", "message.max.bytes"].find((name) => settings[name] !== undefined);
  const [fetch, message] = [Number(value("fetch.max.bytes")), Number(value("message.max.bytes"))];
  if (library === "librdkafka" && bytes && fetch < message)
    problems.push(problem(bytes, `makes fetch.max.bytes (${fetch}) less than message.max.bytes (${message})`));
  return [...problems, ...backoff(client, value, problem)];
}

function backoff({ settings = {}, library }: KafkaClient, value: Values, problem: Report): Problem[] {
  const at = ["reconnect.backoff.ms", "reconnect.backoff.max.ms"].find((name) => settings[name] !== undefined);
  const [least, most] = [Number(value("reconnect.backoff.ms")), Number(value("reconnect.backoff.max.ms"))];
  if (library !== "librdkafka" || !at || least <= most) return [];
  return [problem(at, `makes reconnect.backoff.max.ms (${most}) less than reconnect.backoff.ms (${least})`)];
}
