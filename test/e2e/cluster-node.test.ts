import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_NAME, layoutOf } from "../../tools/cluster/settings";
import { type RunResult, run } from "../../tools/core/exec";
import { cli } from "./support/cli";
import { ensureBusybox } from "./support/docker";
import { AGENTS, lookupJob, NEIGHBOUR, proofManifests, RESTRICTED } from "./support/node-proof";
import { until } from "./support/wait";

/** The node itself, before any stack is put on it. The cluster stays up for the tests that follow. */
const { kubectl: program } = layoutOf(DEFAULT_NAME);
const BUDGET = 180;

/** kubectl that never rejects. */
const attempt = (args: readonly string[], input?: string): Promise<RunResult> =>
  run(program, args, { ok: Array.from({ length: 256 }, (_, code) => code), ...(input === undefined ? {} : { input }) });

const kubectl = async (args: readonly string[], input?: string): Promise<string> =>
  (await run(program, args, input === undefined ? {} : { input })).stdout.trim();

const inPod = (pod: string, script: string): Promise<string> =>
  kubectl(["-n", RESTRICTED, "exec", pod, "--", "/bin/sh", "-c", script]);

const rolledOut = (namespace: string, what: string): Promise<string> =>
  kubectl(["-n", namespace, "rollout", "status", what, `--timeout=${BUDGET}s`]);

const remove = (): Promise<RunResult> =>
  attempt([
    "delete",
    "namespace",
    RESTRICTED,
    NEIGHBOUR,
    AGENTS,
    "--ignore-not-found",
    "--wait",
    `--timeout=${BUDGET}s`,
  ]);

describe("the cluster on this machine", () => {
  beforeAll(async () => {
    await ensureBusybox();
    expect((await cli(["cluster", "up", "--yes"])).code).toBe(0);
    await remove();
    await kubectl(["apply", "-f", "-"], proofManifests());
  });

  afterAll(async () => {
    await remove();
  });

  it("comes up again and changes nothing", async () => {
    const uid = ["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"];
    const before = await kubectl(uid);
    const again = await cli(["cluster", "up"]);
    expect(again).toMatchObject({ code: 0 });
    expect(await kubectl(uid)).toBe(before);
  });

  it("runs services, stateful ones and host agents", async () => {
    await rolledOut(RESTRICTED, "deployment/web");
    await rolledOut(RESTRICTED, "statefulset/db");
    await rolledOut(AGENTS, "daemonset/agent");
    const logs = await kubectl(["-n", AGENTS, "exec", "daemonset/agent", "--", "/bin/ls", "/logs"]);
    expect(logs).toContain(`${RESTRICTED}_db-0_`);
  });

  it("enforces the restricted level", async () => {
    const bad = await attempt([
      "-n",
      RESTRICTED,
      "run",
      "bad",
      "--image=datastack.local/busybox:1.35",
      "--",
      "sleep",
      "1",
    ]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false');
  });

  it("resolves names across namespaces and spreads a service's connections", async () => {
    await kubectl(["apply", "-f", "-"], lookupJob());
    const job = ["-n", NEIGHBOUR, "wait", "--for=condition=complete", "job/lookup", "--timeout=60s"];
    const log = async () => kubectl(["-n", NEIGHBOUR, "logs", "job/lookup"]);
    expect((await attempt(job)).code, await log()).toBe(0);
    const answers = new Set((await log()).split("\n").filter((line) => line.startsWith("web-")));
    expect(answers.size).toBe(2);
  });

  it("shows logs, runs programs in pods, forwards ports", async () => {
    // fsGroup reached the volume, as on a cloud's disk
    expect(await inPod("db-0", "stat -c %g /data")).toBe("1001");
    expect(await kubectl(["-n", NEIGHBOUR, "logs", "job/lookup", "--tail=1"])).toMatch(/^web-/);
    expect(await forwarded(["-n", RESTRICTED, "port-forward", "service/web", ":80"])).toMatch(/^web-/);
  });

  it("restarts a container whose liveness probe fails", async () => {
    const pod = await kubectl([
      "-n",
      RESTRICTED,
      "get",
      "pods",
      "-l",
      "app=web",
      "-o",
      "jsonpath={.items[0].metadata.name}",
    ]);
    await inPod(pod, "touch /tmp/sick");
    await until("the restart", 60, async () => {
      const path = "jsonpath={.status.containerStatuses[0].restartCount}";
      const restarts = await kubectl(["-n", RESTRICTED, "get", "pod", pod, "-o", path]);
      return Number(restarts) > 0 ? undefined : `${restarts} restarts`;
    });
    // the file is in the pod's memory, which outlives a container
    await kubectl(["-n", RESTRICTED, "delete", "pod", pod]);
    await rolledOut(RESTRICTED, "deployment/web");
  });

  it("answers 429 to an eviction that a disruption budget forbids", async () => {
    const pod = await kubectl([
      "-n",
      RESTRICTED,
      "get",
      "pods",
      "-l",
      "app=web",
      "-o",
      "jsonpath={.items[0].metadata.name}",
    ]);
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace: RESTRICTED } };
    const url = `/api/v1/namespaces/${RESTRICTED}/pods/${pod}/eviction`;
    const answer = await attempt(["create", "--raw", url, "-f", "-", "-v=8"], JSON.stringify(eviction));
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain("TooManyRequests");
    expect(answer.stderr).toMatch(/"code": ?429/);
  });

  it("lets a volume grow", async () => {
    const claim = ["-n", RESTRICTED, "patch", "pvc", "data-db-0", "-p"];
    await kubectl([...claim, JSON.stringify({ spec: { resources: { requests: { storage: "128Mi" } } } })]);
    await until("the new size", 30, async () => {
      const size = await kubectl([
        "-n",
        RESTRICTED,
        "get",
        "pvc",
        "data-db-0",
        "-o",
        "jsonpath={.status.capacity.storage}",
      ]);
      return size === "128Mi" ? undefined : size;
    });
  });

  it("keeps a volume's data when its pod is deleted and when the node restarts", async () => {
    await kubectl(["-n", RESTRICTED, "delete", "pod", "db-0"]);
    await hasStarted(2);
    expect((await cli(["cluster", "node", "restart"])).code).toBe(0);
    await hasStarted(3);
    await rolledOut(RESTRICTED, "deployment/web");
  });

  it("loads an image of the engine once", async () => {
    expect((await cli(["cluster", "load"])).output).toMatch(/0 loaded, [1-9]\d* were there/);
  });
});

/** The volume knows of so many starts. */
async function hasStarted(times: number): Promise<void> {
  const wanted = Array(times).fill("started").join("\n");
  await until(`start ${times}`, BUDGET, async () => {
    const log = await inPod("db-0", "cat /data/log");
    return log === wanted ? undefined : log || "nothing";
  });
}

/** First answer by a forwarded port. */
async function forwarded(args: readonly string[]): Promise<string> {
  const child = spawn(program, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const found = /127\.0\.0\.1:(\d+) ->/.exec(text)?.[1];
        if (found) resolve(found);
      });
      child.on("close", () => reject(new Error(`port-forward ended: ${text}`)));
    });
    return await (await fetch(`http://127.0.0.1:${port}/`)).text();
  } finally {
    child.kill();
  }
}
