import { describe, expect, it } from "vitest";
import type { KafkaClient, KafkaSetting } from "../../components/app";
import { settingsTable } from "../../components/app/kafka-client/table";
import { checkKafkaClient } from "../../components/app/kafka-client/validate";
import { formatProblem } from "../../components/core/problems";

const check = (client: Partial<KafkaClient>) =>
  checkKafkaClient("client", { library: "librdkafka", role: "producer", ...client }).map(formatProblem);
const producer = (settings: Record<string, KafkaSetting>) => check({ settings });
const consumer = (settings: Record<string, KafkaSetting>) =>
  check({ role: "consumer", settings: { "group.id": "sink", ...settings } });
const java = (settings: Record<string, KafkaSetting>) => check({ library: "java", settings });

describe("a setting that the library does not know", () => {
  it("is refused with its counterpart when it is the other library's", () => {
    expect(producer({ "buffer.memory": 33554432 })).toEqual([
      'client.settings["buffer.memory"]: is no setting that librdkafka 2.16.0 knows. librdkafka\'s is queue.buffering.max.kbytes, in KiB, where buffer.memory is in bytes.',
    ]);
    expect(java({ "queue.buffering.max.kbytes": 32768 })).toEqual([
      'client.settings["queue.buffering.max.kbytes"]: is no setting that java 4.3.1 knows. Java\'s is buffer.memory.',
    ]);
    expect(producer({ "value.serializer": "x" })[0]).toContain("serialise them in the app");
    expect(producer({ "metadata.max.idle.ms": 1 })[0]).toContain("It is a setting of java and has no counterpart");
  });

  it("is refused with the nearest name when it is misspelt", () => {
    expect(producer({ "linger.msec": 5 })).toEqual([
      'client.settings["linger.msec"]: is no setting that librdkafka 2.16.0 knows. The nearest is linger.ms.',
    ]);
    expect(producer({ colour: "blue" })[0]).toContain("See the documentation of librdkafka");
  });
});

it.each(["bootstrap.servers", "metadata.broker.list", "security.protocol", "sasl.mechanism", "ssl.ca.location"])(
  "%s is the stack's",
  (name) => expect(producer({ [name]: "x" })).toHaveLength(1),
);

describe("a value", () => {
  it.each([
    ["linger.ms", -1, "must be a number from 0 to 900000"],
    ["linger.ms", "soon", "must be a number"],
    ["linger.ms", "", "must be a number"],
    ["queue.buffering.max.kbytes", 0, "must be a whole number from 1 to 2147483647"],
    ["queue.buffering.max.kbytes", 1.5, "must be a whole number"],
    ["compression.type", "brotli", "must be one of none, gzip, snappy, lz4, zstd"],
    ["enable.idempotence", "yes", "must be true or false"],
    ["debug", "broker,foo", "must be a list"],
    ["dr_msg_cb", "f", "cannot be set by a text"],
    ["group.id", "a", "is for a consumer"],
  ])("%s = %s is refused", (name, value, rule) => {
    const problems = producer({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(rule);
  });

  it.each([
    { "linger.ms": 0.5, "compression.type": "LZ4", acks: "all", debug: "broker,topic" },
    { "queue.buffering.max.kbytes": "1048576", "enable.idempotence": true, acks: -1, "client.id": "x" },
  ])("%j is taken", (settings) => expect(producer(settings as Record<string, KafkaSetting>)).toEqual([]));

  it("is checked by Java's own ranges for Java", () => {
    expect(java({ acks: "2" })[0]).toContain("must be one of all, -1, 0, 1");
    expect(java({ "buffer.memory": -1 })[0]).toContain("must be a whole number of at least 0");
    expect(java({ acks: "1", "batch.size": 16384, "compression.type": "zstd" })).toEqual([]);
  });
});

describe("settings that the library refuses together", () => {
  it.each([
    [{ "enable.idempotence": true, acks: 1 }, '["acks"] = 1: must be "all"'],
    [{ "enable.idempotence": true, "max.in.flight": 10 }, "must be at most 5"],
    [{ "enable.idempotence": true, retries: 0 }, "must be at least 1"],
    [{ "transactional.id": "a", "enable.idempotence": false }, "needs enable.idempotence"],
    [{ "linger.ms": 1000, "message.timeout.ms": 500 }, "must be more than linger.ms"],
    [{ "reconnect.backoff.ms": 2000, "reconnect.backoff.max.ms": 1000 }, "less than reconnect.backoff.ms"],
  ])("%j", (settings, rule) => {
    const problems = producer(settings as Record<string, KafkaSetting>);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(rule);
  });

  it("of a consumer", () => {
    expect(check({ role: "consumer" })[0]).toContain("must be given to a consumer");
    expect(consumer({ "session.timeout.ms": 400_000 })[0]).toContain("less than session.timeout.ms (400000)");
    expect(consumer({ "fetch.max.bytes": 1000 })[0]).toContain("less than message.max.bytes (1000000)");
    expect(consumer({ "session.timeout.ms": 10_000, "enable.auto.commit": false })).toEqual([]);
  });

  it("of Java", () => {
    expect(java({ "delivery.timeout.ms": 10_000 })[0]).toContain("at least linger.ms + request.timeout.ms (30005 ms)");
    expect(java({ "delivery.timeout.ms": 40_000, acks: "1" })).toEqual([]);
  });

  it("are no matter of defaults that the user did not touch", () => {
    expect(check({})).toEqual([]);
    expect(check({ library: "java" })).toEqual([]);
  });
});

it("the tables are those of the versions that they name", () => {
  const [c, j] = [settingsTable("librdkafka"), settingsTable("java")];
  expect([c.version, j.version]).toEqual(["2.16.0", "4.3.1"]);
  expect(Object.keys(c.settings).length).toBeGreaterThan(180);
  expect(c.settings["queue.buffering.max.kbytes"]).toMatchObject({ min: 1, default: "1048576" });
  expect(c.settings["buffer.memory"]).toBeUndefined();
  expect(j.settings["buffer.memory"]).toMatchObject({ type: "integer", roles: ["producer"] });
});
