import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { jmxRules } from "../../components/kafka/jmx";

interface Config {
  readonly lowercaseOutputName: boolean;
  readonly includeObjectNames: string[];
  readonly rules: { pattern: string; name: string; type: string; labels?: Record<string, string>; value?: number }[];
}

const config = (partitions = false) => parse(jmxRules(partitions)) as Config;

/** As the agent does it: the first rule that is found in the text, its groups put into name and labels. */
function series(attribute: string, partitions = false): string | undefined {
  for (const { pattern, name, type, labels = {} } of config(partitions).rules) {
    const match = new RegExp(pattern).exec(attribute);
    if (!match) continue;
    const fill = (text: string) => text.replaceAll(/\$(\d)/g, (_, group) => match[Number(group)] ?? "");
    const pairs = Object.entries(labels).map(([key, value]) => `${fill(key)}="${fill(value)}"`);
    const full = fill(name).toLowerCase().replaceAll("-", "_") + (type === "COUNTER" ? "_total" : "");
    return pairs.length > 0 ? `${full}{${pairs.join(",")}}` : full;
  }
  return undefined;
}

describe("names", () => {
  test.each([
    ["kafka.server<type=KafkaServer, name=BrokerState><>Value: 3", "kafka_server_kafkaserver_brokerstate"],
    [
      "kafka.controller<type=KafkaController, name=ActiveControllerCount><>Value: 1",
      "kafka_controller_kafkacontroller_activecontrollercount",
    ],
    [
      "kafka.server<type=BrokerTopicMetrics, name=BytesInPerSec><>Count: 9",
      "kafka_server_brokertopicmetrics_bytesin_total",
    ],
    [
      "kafka.server<type=BrokerTopicMetrics, name=BytesInPerSec, topic=a.b-c><>Count: 9",
      'kafka_server_brokertopicmetrics_bytesin_total{topic="a.b-c"}',
    ],
    [
      "kafka.network<type=RequestMetrics, name=TotalTimeMs, request=Produce><>99thPercentile: 9",
      'kafka_network_requestmetrics_totaltimems{request="Produce",quantile="0.99"}',
    ],
    [
      "kafka.network<type=RequestMetrics, name=ErrorsPerSec, request=Fetch, error=NOT_COORDINATOR><>Count: 9",
      'kafka_network_requestmetrics_errors_total{request="Fetch",error="NOT_COORDINATOR"}',
    ],
    [
      "kafka.server<type=KafkaRequestHandlerPool, name=RequestHandlerAvgIdlePercent><>OneMinuteRate: 1",
      "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent",
    ],
    [
      'kafka.log<type=LogManager, name=LogDirectoryOffline, logDirectory="/var/lib/kafka/data"><>Value: 0',
      'kafka_log_logmanager_logdirectoryoffline{logDirectory="/var/lib/kafka/data"}',
    ],
    [
      "kafka.server<type=raft-metrics><>current-state: leader",
      'kafka_server_raftmetrics_current_state{current_state="leader"}',
    ],
    ["kafka.server<type=raft-metrics><>commit-latency-max: 1", "kafka_server_raftmetrics_commit_latency_max"],
  ])("%s", (attribute, expected) => {
    expect(series(attribute)).toBe(expected);
  });

  test.each([
    "kafka.network<type=RequestMetrics, name=ErrorsPerSec, request=Fetch, error=NONE><>Count: 9",
    "kafka.server<type=BrokerTopicMetrics, name=BytesInPerSec><>FifteenMinuteRate: 9",
    "kafka.network<type=RequestMetrics, name=TotalTimeMs, request=Produce><>75thPercentile: 9",
    "kafka.log<type=Log, name=Size, topic=a, partition=0><>Value: 9",
  ])("nothing for %s", (attribute) => {
    expect(series(attribute)).toBeUndefined();
  });

  test("partitions on request", () => {
    const size = "kafka.log<type=Log, name=Size, topic=a.b, partition=12><>Value: 9";
    expect(series(size, true)).toBe('kafka_log_log_size{topic="a.b",partition="12"}');
    expect(config(true).includeObjectNames).toContain("kafka.log:type=Log,*");
    expect(config().includeObjectNames.some((bean) => /type=(Log|Partition),/.test(bean))).toBe(false);
  });

  test("a counter's name has no ending that the agent would double", () => {
    const counters = config(true).rules.filter((rule) => rule.type === "COUNTER");
    expect(counters.length).toBeGreaterThan(3);
    expect(counters.filter((rule) => /_(total|created|bucket|info)$/.test(rule.name))).toEqual([]);
  });
});

describe("a recorded scrape of a broker with topics that were written to and read from", () => {
  const lines = readFileSync(join(__dirname, "../fixtures/scrapes/kafka-jmx.prom"), "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));

  test("has each rule's series", () => {
    const known = new Set(lines.map((line) => line.replace(/[{ ].*/, "")));
    const fixed = config()
      .rules.filter((rule) => !rule.name.includes("$"))
      .map((rule) => rule.name + (rule.type === "COUNTER" ? "_total" : ""));
    expect(fixed.filter((name) => !known.has(name))).toEqual([]);
    for (const name of [
      "kafka_server_brokertopicmetrics_messagesin_total",
      "kafka_network_requestmetrics_totaltimems",
      "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_count_total",
      "kafka_network_socketserver_networkprocessoravgidle_percent",
      "jvm_memory_used_bytes",
      "jvm_gc_collection_seconds_count",
      "jvm_threads_state",
    ]) {
      expect(known).toContain(name);
    }
  });

  test("is small, and no series is of one partition", () => {
    expect(lines.length).toBeLessThan(500);
    expect(lines.filter((line) => line.includes("partition="))).toEqual([]);
  });
});
