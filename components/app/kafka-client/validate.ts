import { nearest } from "../../core/nearest";
import type { Problem } from "../../core/problems";
import type { KafkaClient, KafkaSetting } from "./args";
import { counterpart } from "./counterparts";
import { type KnownSetting, LIBRARIES, type SettingsTable, settingsTable } from "./table";
import { checkTogether } from "./together";

/** Settings that follow from the connection. */
const OWN: Readonly<Record<string, string>> = {
  "bootstrap.servers": "uses.kafka.connection gives the brokers, as KAFKA_BOOTSTRAP_SERVERS",
  "metadata.broker.list": "uses.kafka.connection gives the brokers, as KAFKA_BOOTSTRAP_SERVERS",
};
const SECURITY = /^(security\.|ssl\.|sasl\.|enable\.sasl\.|enable\.ssl\.|https\.ca\.)/;

/** What the client library would refuse, or ignore, when the app starts. */
export function checkKafkaClient(path: string, client: KafkaClient): Problem[] {
  const { library, role, settings = {} } = client;
  if (!LIBRARIES.includes(library))
    return [{ path: `${path}.library`, value: library, rule: `must be one of ${LIBRARIES.join(", ")}` }];
  if (role !== "producer" && role !== "consumer")
    return [{ path: `${path}.role`, value: role, rule: "must be producer or consumer" }];
  const table = settingsTable(library);
  const each = Object.entries(settings).flatMap(([name, value]) =>
    checkSetting(`${path}.settings[${JSON.stringify(name)}]`, client, table, name, value),
  );
  // Numbers that are none cannot be compared.
  return each.length > 0 ? each : checkTogether(`${path}.settings`, client);
}

function checkSetting(
  path: string,
  client: KafkaClient,
  table: SettingsTable,
  name: string,
  value: KafkaSetting,
): Problem[] {
  const own = OWN[name];
  if (own) return [{ path, rule: "is set by the stack", fix: `Remove it: ${own}` }];
  if (SECURITY.test(name))
    return [
      { path, rule: "is about transport security, which Kafka in this stack does not have yet", fix: "Remove it" },
    ];
  const known = table.settings[name];
  if (!known) return [unknown(path, table, name)];
  if (known.type === "code" || name === "builtin.features")
    return [{ path, rule: "cannot be set by a text: it is for the program to set", fix: "Remove it" }];
  if (!known.roles.includes(client.role))
    return [
      { path, value, rule: `is for a ${known.roles[0]}, and this client is a ${client.role}: it would be ignored` },
    ];
  const rule = wrong(known, value);
  return rule ? [{ path, value, rule }] : [];
}

function unknown(path: string, { library, version, settings }: SettingsTable, name: string): Problem {
  const close = nearest(name, Object.keys(settings));
  const other = LIBRARIES.find((l) => l !== library && name in settingsTable(l).settings);
  const otherwise =
    counterpart(library, name) ?? (other ? `It is a setting of ${other} and has no counterpart` : undefined);
  return {
    path,
    rule: `is no setting that ${library} ${version} knows`,
    fix: otherwise ?? (close ? `The nearest is ${close}` : `See the documentation of ${library} for the names`),
  };
}

function wrong(known: KnownSetting, value: KafkaSetting): string | undefined {
  const text = String(value);
  switch (known.type) {
    case "boolean":
      return /^(true|false)$/i.test(text) ? undefined : "must be true or false";
    case "integer":
    case "float":
      return number(known, text);
    case "enum":
      return oneOf(known, text) ? undefined : `must be one of ${known.values?.join(", ")}`;
    case "flags":
      return text.split(",").every((flag) => oneOf(known, flag.trim().replace(/^-/, "")))
        ? undefined
        : `must be a list, separated by commas, of ${known.values?.join(", ")}`;
    default:
      return /[\r\n]/.test(text) ? "must be one line" : undefined;
  }
}

/** Acknowledgements are a number that has a name. */
function number(known: KnownSetting, text: string): string | undefined {
  if (text === "all" && known.min === -1 && known.max === 1000) return undefined;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = known;
  const whole = known.type === "float" || Number.isInteger(value);
  if (whole && value >= min && value <= max) return undefined;
  const what = known.type === "float" ? "a number" : "a whole number";
  if (min === Number.NEGATIVE_INFINITY) return `must be ${what}`;
  return `must be ${what} ${max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`}`;
}

function oneOf({ values = [] }: KnownSetting, text: string): boolean {
  return values.some((value) => value.toLowerCase() === text.toLowerCase());
}
