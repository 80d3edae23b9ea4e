import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Kafka, type KafkaArgs } from "../../components/kafka";
import { kafkaArgs } from "../support/kafka";
import { scriptRoom } from "../support/kafka-scripts";

const { at, lay, tool, bash } = scriptRoom();

interface Cluster {
  /** Replicas of each partition; `adding` and `removing` of one that is being reassigned. */
  readonly topics: Readonly<Record<string, readonly Partition[]>>;
  readonly settings?: Readonly<Record<string, readonly string[]>>;
  /** Rack by broker. */
  readonly racks?: readonly string[];
  /** How often `--verify` says that partitions are on their way. */
  readonly busy?: number;
  readonly verified?: string;
  readonly execute?: string;
}
type Partition = string | { readonly replicas: string; readonly adding: string; readonly removing?: string };

const size = (list: string) => (list === "" ? 0 : list.split(",").length);

function describedTopic([name, partitions]: readonly [string, readonly Partition[]]): string {
  const copies = (p: Partition | undefined) =>
    typeof p === "object" ? size(p.replicas) - size(p.adding) : size(p ?? "");
  const lines = partitions.map((p, i) => {
    const replicas = typeof p === "object" ? p.replicas : p;
    const moving =
      typeof p === "object" ? `\tAdding Replicas: ${p.adding}\tRemoving Replicas: ${p.removing ?? ""}` : "";
    return `\tTopic: ${name}\tPartition: ${i}\tLeader: 0\tReplicas: ${replicas}\tIsr: 0${moving}\tElr: \tLastKnownElr: \n`;
  });
  return `Topic: ${name}\tTopicId: ZnAd3ZRvQ8q\tPartitionCount: ${partitions.length}\tReplicationFactor: ${copies(partitions[0])}\tConfigs: \n${lines.join("")}`;
}

/** The job of a cluster of that size, with tools that know it from files and write down in which order they are asked for what. */
function run(args: Partial<KafkaArgs>, cluster: Cluster) {
  const [job] = Kafka.plan("kafka", kafkaArgs({ brokers: 3, topics: { a: {} }, ...args })).jobs ?? [];
  lay(job?.files, (text) => text.replaceAll(/\bsleep \d/g, "sleep 0.05"));
  writeFileSync(at("topics"), Object.entries(cluster.topics).map(describedTopic).join(""));
  const settings = Object.entries(cluster.settings ?? {}).map(
    ([name, pairs]) =>
      `Dynamic configs for topic ${name} are:\n${pairs.map((pair) => `  ${pair} sensitive=false synonyms={}\n`).join("")}`,
  );
  writeFileSync(at("configs"), settings.join(""));
  writeFileSync(at("defaults"), "  min.insync.replicas=1 sensitive=false synonyms={}\n");
  for (const kind of ["topics", "configs"])
    tool(
      `kafka-${kind}.sh`,
      `[[ $* == *--entity-default*--describe* ]] && exec cat "$ROOT/defaults"
[[ $* == *--describe* ]] && exec cat "$ROOT/${kind}"\necho "${kind} $*" >>"$ROOT/calls"\n`,
    );
  const racks = cluster.racks ?? ["null", "null", "null"];
  writeFileSync(
    at("brokers"),
    racks
      .map((rack, i) => `kafka-${i}:29092 (id: ${i} rack: ${rack} isFenced: false) -> (\n\tProduce(0)\n)\n`)
      .join(""),
  );
  tool("kafka-broker-api-versions.sh", `echo brokers >>"$ROOT/asked"; cat "$ROOT/brokers"`);
  writeFileSync(at("verified"), cluster.verified ?? "Reassignment of partition a-0 is completed.\n");
  tool(
    "kafka-reassign-partitions.sh",
    `plan=$4
case $* in
  *--execute*)
    cp "$plan" "$ROOT/plan"; echo "reassign \${*:5}" >>"$ROOT/calls"
    ${cluster.execute ?? `printf 'Current partition replica assignment\\n\\n{"version":1,"before":true}\\n\\nSave this\\n'`} ;;
  *--verify*)
    cp "$plan" "$ROOT/verify-plan"; echo x >>"$ROOT/verifications"
    (($(wc -l <"$ROOT/verifications") > ${cluster.busy ?? 0})) ||
      { echo "Reassignment of partition a-0 is still in progress."; exit 0; }
    cat "$ROOT/verified"; echo "Clearing broker-level throttles on brokers 0,1,2"; echo lifted >>"$ROOT/calls" ;;
esac`,
  );
  const result = bash("topics.sh", { ...job?.env, BOOTSTRAP: "kafka-0:29092" });
  const text = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : undefined);
  const calls = (text("calls") ?? "").trim().split("\n").filter(Boolean);
  return {
    ...result,
    calls: calls.map((call) => call.replace("--bootstrap-server kafka-0:29092 ", "")),
    plan: JSON.parse(text("plan") ?? "null"),
    verified: JSON.parse(text("verify-plan") ?? "null"),
    asked: text("asked"),
  };
}

const replicas = (plan: { partitions: { topic: string; partition: number; replicas: number[] }[] }) =>
  plan.partitions.map(({ topic, partition, replicas: on }) => `${topic}-${partition}: ${on.join()}`);

describe("growth from one broker to three", () => {
  const one = {
    a: ["0", "0"],
    __consumer_offsets: ["0"],
    __transaction_state: ["0"],
    mine: ["0"],
  };
  const settings = {
    a: ["min.insync.replicas=1"],
    __transaction_state: ["min.insync.replicas=1"],
  };
  const args = { topics: { a: { partitions: 2 } } };

  test("copies declared and internal topics first, at a limited rate that is lifted, and raises minimums after", () => {
    const { status, stdout, stderr, calls, plan, verified } = run(args, { topics: one, settings, busy: 2 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(replicas(plan)).toEqual([
      "a-0: 0,1,2",
      "a-1: 1,2,0",
      "__consumer_offsets-0: 2,0,1",
      "__transaction_state-0: 0,1,2",
    ]);
    expect(verified).toEqual(plan);
    expect(calls.slice(0, 3)).toEqual([
      "reassign --execute --additional --throttle 52428800",
      "lifted",
      "configs --entity-type brokers --entity-default --alter --add-config min.insync.replicas=2",
    ]);
    expect(calls.slice(3).sort()).toEqual([
      "configs --entity-type topics --alter --entity-name __transaction_state --add-config min.insync.replicas=2",
      "configs --entity-type topics --alter --entity-name a --add-config min.insync.replicas=2",
    ]);
    expect(stdout).toContain("making copies for 4 partitions, at most 52428800 bytes per second and broker.");
    expect(stdout).toContain('{"version":1,"before":true}\n');
    expect(stdout.match(/^copies: 1 of 4 partitions to go$/gm)).toHaveLength(1);
    expect(stdout).toMatch(/^a +2 +3 {2}replication 1 -> 3,min\.insync\.replicas 1 -> 2$/m);
    expect(stdout).toMatch(/^__consumer_offsets +1 +3 {2}replication 1 -> 3$/m);
    expect(stdout).toContain("not declared, and left with fewer than 3 copies: mine \n");
  });

  test("does nothing, and starts no tool for it, when the copies are there", () => {
    const whole = { a: ["0,1,2", "1,2,0"], __consumer_offsets: ["2,0,1"] };
    const { status, stdout, calls, asked } = run(args, { topics: whole, settings: { a: ["min.insync.replicas=2"] } });
    expect({ status, asked }).toEqual({ status: 0, asked: undefined });
    expect(calls).toEqual([
      "configs --entity-type brokers --entity-default --alter --add-config min.insync.replicas=2",
    ]);
    expect(stdout).not.toMatch(/copies/);
  });

  test("looks after Kafka's own topics where none is declared", () => {
    const { status, plan, calls, stdout } = run({ topics: {} }, { topics: { __consumer_offsets: ["0"], mine: ["0"] } });
    expect(status).toBe(0);
    expect(replicas(plan)).toEqual(["__consumer_offsets-0: 0,1,2"]);
    expect(calls).toHaveLength(3);
    expect(stdout).toMatch(/^__consumer_offsets +1 +3 {2}replication 1 -> 3$/m);
  });

  test("leaves a topic at one copy that is declared so", () => {
    const { status, plan } = run({ topics: { a: { replication: 1 } } }, { topics: { a: ["0"] } });
    expect({ status, plan }).toEqual({ status: 0, plan: null });
  });

  test("goes on with what another run began, without moving it elsewhere", () => {
    const begun = {
      a: [
        { replicas: "2,0,1", adding: "2,1" },
        { replicas: "1,2,3,0", adding: "1,2,3", removing: "0" },
      ],
    };
    const { status, plan, calls } = run(args, { topics: begun });
    expect(status).toBe(0);
    expect(replicas(plan)).toEqual(["a-0: 2,0,1", "a-1: 1,2,3"]);
    expect(calls.slice(0, 2)).toEqual(["reassign --execute --additional --throttle 52428800", "lifted"]);
  });

  test("lifts the limit that a killed run left, and somebody's own not", () => {
    const whole = { a: ["0,1,2"] };
    const left = { a: ["min.insync.replicas=2", "leader.replication.throttled.replicas=0:0,0:1"] };
    const { status, calls, verified } = run({}, { topics: whole, settings: left });
    expect(status).toBe(0);
    expect(replicas(verified)).toEqual(["a-0: 0,1,2"]);
    expect(calls[0]).toBe("lifted");
    expect(calls.join()).not.toContain("reassign");
  });

  test("does not touch a limit that is somebody's wish", () => {
    const settings = { a: ["min.insync.replicas=2", "follower.replication.throttled.replicas=*"] };
    expect(run({}, { topics: { a: ["0,1,2"] }, settings }).calls.join()).not.toContain("lifted");
  });

  test("fails when it takes longer, says that Kafka goes on, and raises no minimum", () => {
    const { status, stderr, calls } = run(
      { ...args, reassignment: { throttle: "1Mi", within: "1s" } },
      { topics: one, settings, busy: 1000 },
    );
    expect(status).toBe(1);
    expect(stderr).toContain("1 of 4 partitions do not have their copies after 1 s.");
    expect(stderr).toContain("raise reassignment.throttle in the arguments of Kafka");
    expect(calls).toEqual(["reassign --execute --additional --throttle 1048576"]);
  });

  test("shows what the tool said when it refuses, and changes nothing", () => {
    const execute = 'echo "Error reassigning partition(s):"; echo "a-0: no space"; exit 1';
    const { status, stderr, calls } = run({}, { topics: { a: ["0"] }, execute });
    expect(status).toBe(1);
    expect(stderr).toBe(
      "The missing copies of 1 partitions could not be ordered:\nError reassigning partition(s):\na-0: no space\n",
    );
    expect(calls).toHaveLength(1);
  });

  test("fails when somebody ended the reassignment", () => {
    const verified = "There is no active reassignment of partition a-0, but replica set is 0 rather than 0,1,2.\n";
    const { status, stderr } = run({}, { topics: { a: ["0"] }, verified });
    expect(status).toBe(1);
    expect(stderr).toContain(verified);
    expect(stderr).toContain("Deploy again to begin anew.");
  });

  test("waits a day at most, and the job as long as it does", () => {
    const timeout = (more: Partial<KafkaArgs>) =>
      Kafka.plan("kafka", kafkaArgs({ topics: { a: {} }, ...more })).jobs?.[0]?.timeout;
    expect([timeout({}), timeout({ brokers: 3 }), timeout({ brokers: 3, reassignment: { within: "2h" } })]).toEqual([
      360,
      360 + 1800,
      360 + 7200,
    ]);
  });
});

describe("where copies go", () => {
  const spread = (racks: string[], partitions: number, copies = 3) => {
    const topics = { a: { partitions, replication: copies } };
    const { status, plan } = run(
      { brokers: racks.length, topics },
      {
        topics: { a: Array.from({ length: partitions }, () => "0") },
        racks,
      },
    );
    expect(status).toBe(0);
    return (plan as Parameters<typeof replicas>[0]).partitions.map((p) => p.replicas);
  };

  test("each in another rack while there are any, and as many on each broker there", () => {
    const racks = ["x", "x", "x", "y", "y", "y", "z", "z", "z"];
    const placed = spread(racks, 9);
    for (const on of placed) expect(new Set(on.map((id) => racks[id])).size).toBe(3);
    for (const id of [3, 4, 5, 6, 7, 8]) expect(placed.flat().filter((other) => other === id)).toHaveLength(3);
    const leaders = placed.map(([leader]) => leader);
    for (const id of leaders) expect(leaders.filter((other) => other === id).length).toBeLessThanOrEqual(2);
  });

  test("twice in a rack when there are fewer racks than copies, and never twice on a broker", () => {
    const racks = ["x", "x", "y", "y", "y"];
    for (const on of spread(racks, 5)) {
      expect(new Set(on).size).toBe(3);
      expect(new Set(on.map((id) => racks[id])).size).toBe(2);
    }
  });

  const none = (brokers: number) => Array.from({ length: brokers }, () => "null");
  const cases: readonly { what: string; racks: string[]; before: string[]; copies?: number; after: string[] }[] = [
    {
      what: "one to three copies on three brokers: leaders all around",
      racks: none(3),
      before: ["0", "0", "0", "0"],
      after: ["0,1,2", "1,2,0", "2,0,1", "0,1,2"],
    },
    {
      what: "two to three copies on five brokers: one is added to each, leaders stay",
      racks: none(5),
      before: ["0,1", "1,2", "2,3", "3,4", "4,0"],
      after: ["0,1,2", "1,2,3", "2,3,4", "3,4,0", "4,0,1"],
    },
    {
      what: "two to three copies on five brokers where the first two have all: they stay, the others share the rest and the lead",
      racks: none(5),
      before: ["0,1", "1,0", "0,1", "1,0", "0,1", "1,0"],
      after: ["0,1,2", "1,0,3", "4,0,1", "3,0,1", "0,1,4", "2,0,1"],
    },
    {
      what: "one to five copies on five brokers",
      racks: none(5),
      before: ["0", "0", "0", "0", "0"],
      copies: 5,
      after: ["0,1,2,3,4", "1,2,3,4,0", "2,3,4,0,1", "3,4,0,1,2", "4,0,1,2,3"],
    },
    {
      what: "one to three copies on five brokers: the first keeps its own, the others share the rest",
      racks: none(5),
      before: ["0", "0", "0", "0", "0"],
      after: ["0,1,2", "3,4,0", "2,3,0", "4,0,1", "1,4,0"],
    },
    {
      what: "two to three copies in three racks: the third goes into the rack that has none",
      racks: ["x", "x", "y", "y", "z"],
      before: ["0,2", "2,1", "1,3", "0,4"],
      after: ["0,2,4", "2,1,4", "1,3,4", "3,0,4"],
    },
  ];
  test.each(cases.map((row) => [row.what, row] as const))("%s", (_, { racks, before, copies = 3, after }) => {
    const topics = { a: { partitions: before.length, replication: copies } };
    const { status, plan } = run({ brokers: racks.length, topics }, { topics: { a: before }, racks });
    expect(status).toBe(0);
    const placed = (plan as Parameters<typeof replicas>[0]).partitions.map((p) => p.replicas);
    expect(placed.map((on) => on.join())).toEqual(after);
    for (const [i, on] of placed.entries()) {
      for (const id of (before[i] ?? "").split(",")) expect(on).toContain(Number(id));
    }
  });

  test("nowhere while brokers are missing", () => {
    const [job] = Kafka.plan("kafka", kafkaArgs({ brokers: 3, topics: { a: {} } })).jobs ?? [];
    expect(job?.files?.map(({ path }) => path)).toContain("/opt/datastack/kafka/copies.sh");
    lay(job?.files, (text) => text.replaceAll(/\bsleep \d/g, "sleep 0.05").replaceAll("SECONDS + 240", "SECONDS + 0"));
    writeFileSync(at("topics"), describedTopic(["a", ["0"]]));
    tool("kafka-topics.sh", `cat "$ROOT/topics"`);
    tool("kafka-configs.sh", "true");
    tool("kafka-broker-api-versions.sh", `echo "kafka-0:29092 (id: 0 rack: null isFenced: false) -> ("`);
    const { status, stderr } = bash("topics.sh", { ...job?.env, BOOTSTRAP: "kafka-0:29092" });
    expect(status).toBe(1);
    expect(stderr).toContain("1 of 3 brokers are there: the missing copies of topics cannot be placed.");
  });
});
