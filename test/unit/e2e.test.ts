import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { formatCounts } from "../../tools/e2e/run";
import { needIngress, selectSuites, suitesOf } from "../../tools/e2e/suites";
import { filtersOf } from "../../tools/e2e/sweep";
import { unexpected } from "../e2e/support/stack";
import { acknowledged, lost, producerCommand, refused } from "../e2e/support/stream";

describe("suites of end-to-end tests", () => {
  const all = suitesOf([
    "kubernetes-stack.test.ts",
    "docker-stack.test.ts",
    "cluster-node.test.ts",
    "docker-brokers.test.ts",
    "support",
    "vitest.config.mts",
  ]);
  const names = (given: string[]) => selectSuites(all, given).map((suite) => suite.name);

  it("are the files that are named after an engine, Docker's first", () => {
    expect(names([])).toEqual(["docker-brokers", "docker-stack", "cluster-node", "kubernetes-stack"]);
  });

  it("all run: a file that is named after nothing known is refused", () => {
    expect(() => suitesOf(["other.test.ts", "docker-stack.test.ts"])).toThrow(
      "No suite of other would run: names begin with docker, files, cluster, kubernetes.",
    );
    const files = fs.readdirSync(path.join(__dirname, "../e2e"));
    expect(suitesOf(files)).toHaveLength(files.filter((file) => file.endsWith(".test.ts")).length);
  });

  it("are chosen by engine or by file, and nothing runs when a name is wrong", () => {
    expect(names(["docker"])).toEqual(["docker-brokers", "docker-stack"]);
    expect(names(["kubernetes", "docker-stack"])).toEqual(["docker-stack", "cluster-node", "kubernetes-stack"]);
    expect(names(["docker", "podman"])).toEqual([]);
  });

  it("have an ingress controller where one of them needs it", () => {
    const files = fs.readdirSync(path.join(__dirname, "../e2e")).filter((file) => file.endsWith(".test.ts"));
    const through = files.filter((file) =>
      fs.readFileSync(path.join(__dirname, "../e2e", file), "utf8").includes('"add", "traefik"'),
    );
    expect(through.length).toBeGreaterThan(1);
    for (const file of through)
      expect(needIngress(selectSuites(suitesOf(files), [path.basename(file, ".test.ts")]), true), file).toBe(true);
    expect(needIngress(all, true)).toBe(false);
    expect(needIngress(suitesOf(files), false)).toBe(false);
  });

  it("end with their sum", () => {
    const results = [
      { suite: "docker-stack", code: 0, passed: 14, failed: 0, skipped: 1 },
      { suite: "kubernetes", code: 1, passed: 4, failed: 1, skipped: 0 },
    ];
    expect(formatCounts(results).split("\n")).toEqual([
      "  docker-stack  14 passed, 0 failed, 1 skipped",
      "  kubernetes    4 passed, 1 failed, 0 skipped",
      "18 passed, 1 failed, 1 skipped",
    ]);
  });
});

describe("the proof that nothing acknowledged is lost", () => {
  const success = (value: string, offset: number) =>
    JSON.stringify({ timestamp: 1, name: "producer_send_success", key: null, value, offset, topic: "t", partition: 2 });
  const log = [
    '{"timestamp":1,"name":"startup_complete"}',
    success("7.0", 10),
    '{"timestamp":1,"name":"producer_send_error","key":null,"value":"7.1","exception":"TimeoutException"}',
    "[2026-11-21] WARN not JSON",
    success("7.2", 11),
    success("7.3", 12).slice(0, 40),
  ].join("\n");

  it("counts what brokers have acknowledged, and not what they refused or what was cut off", () => {
    expect(acknowledged(log)).toEqual([
      { value: "7.0", partition: 2, offset: 10 },
      { value: "7.2", partition: 2, offset: 11 },
    ]);
    expect(refused(log)).toBe(1);
  });

  it("finds a message that is missing", () => {
    expect(lost(acknowledged(log), new Set(["7.0", "7.1", "7.2"]))).toEqual([]);
    expect(lost(acknowledged(log), new Set(["7.0"]))).toEqual(["7.2 (2:11)"]);
  });

  it("sends with acks=all", () => {
    const command = producerCommand({ bootstrap: "kafka:29092", topic: "t", prefix: 7, rate: 100 }).join(" ");
    expect(command).toContain("--acks -1");
    expect(command).toContain("--value-prefix 7");
  });
});

describe("a stack after faults", () => {
  const row = (status: string, title: string) => `  ${status.padEnd(7)}  family  ${title}   12 ms`;

  it("may show their traces and nothing else", () => {
    const traces = [row("pass", "all run and are healthy"), row("fail", "none was restarted or killed for memory")];
    expect(unexpected(traces.join("\n"))).toEqual([]);
    const bad = row("fail", "topics are as declared");
    expect(unexpected([...traces, bad].join("\n"))).toEqual([bad]);
    const notRun = row("not-run", "every rule evaluates");
    expect(unexpected(notRun)).toEqual([notRun]);
    expect(unexpected("Error: no engine")).toEqual(["Error: no engine"]);
  });
});

describe("what an interrupted run leaves", () => {
  it("is found by label, and volumes by name too: those that the engine makes itself have no label", () => {
    const labels = ["label=datastack.stack=e2e-brokers", "label=datastack.e2e=e2e-brokers"];
    expect(filtersOf("e2e-brokers", "ps")).toEqual(labels);
    expect(filtersOf("e2e-brokers", "network")).toEqual(labels);
    expect(filtersOf("e2e-brokers", "volume")).toEqual([...labels, "name=^e2e-brokers-"]);
  });
});
