import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerTarget } from "../../components/target/docker";
import { type CaseOptions, construct, SECRET } from "../contract/cases";
import { attempt, containers, docker, ensureBusybox, inspect, removeAll } from "./support/docker";
import { type TestStack, testStack, unchanged } from "./support/pulumi";

/** The contract's workloads by the real Pulumi on a real engine, in the order of a stack's life. */
const STACK = "contract";

const SERVICES = ["ring-0", "ring-1", "ring-2", "counter", "vault", "follower", "lookout", "visitor", "sweep"];
const name = (workload: string) => `${STACK}-${workload}`;
const exec = (workload: string, command: string) => docker("exec", name(workload), "/bin/sh", "-c", command);

describe("the contract's workloads on a Docker engine", () => {
  let options: CaseOptions = {};
  let deployed: TestStack;

  const up = (args: { refresh?: boolean } = {}) => deployed.stack.up(args);

  beforeAll(async () => {
    await removeAll(STACK);
    await ensureBusybox();
    deployed = await testStack(STACK, ["docker"], async () => {
      const target = new DockerTarget({ stack: STACK });
      construct(target, options);
    });
  });

  afterAll(async () => {
    await removeAll(STACK);
    deployed?.remove();
  });

  it("fails when a job fails, shows why in its log, and keeps what waits for it back", async () => {
    await expect(up()).rejects.toThrow(/healthy state/);
    const job = await inspect(name("register"));
    expect(job.State).toMatchObject({ Running: false, ExitCode: 1 });
    expect((await attempt("logs", name("register"))).text).toContain("datastack: failed with status 1");
    expect(Object.keys(await containers(STACK))).not.toContain(name("follower"));
    expect((await inspect(name("vault"))).State.Health.Status).toBe("healthy");
  });

  it("succeeds when it is run again, without touching what was there", async () => {
    const before = await containers(STACK);
    await up();
    const after = await containers(STACK);
    const replaced = Object.keys(before).filter((container) => before[container] !== after[container]);
    expect(replaced).toEqual([name("register")]);
    for (const service of SERVICES) expect((await inspect(name(service))).State.Health.Status, service).toBe("healthy");
  });

  it("has nothing to change afterwards, by its state and by the engine's", async () => {
    await unchanged(deployed);
    // A job that has ended by now reads back as it is meant to be.
    await sleep(35_000);
    await unchanged(deployed, { refresh: true });
  });

  it("runs each container as nobody, without capabilities, within its limits", async () => {
    for (const service of SERVICES) {
      const status = await exec(service, "grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status");
      expect(status.replace(/\s+/g, " "), service).toBe(
        "Uid: 65534 65534 65534 65534 CapEff: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1",
      );
      const [host] = JSON.parse(await docker("inspect", name(service), "--format", "[{{json .HostConfig}}]"));
      expect(host, service).toMatchObject({ Memory: 32 * 2 ** 20, MemorySwap: 32 * 2 ** 20, NanoCpus: 1e8 });
    }
  });

  it("gives each replica its own volume, prepared and owned before it started", async () => {
    for (const i of [0, 1, 2]) {
      expect(await exec(`ring-${i}`, "cat /data/prepared /tmp/work/conf")).toBe(`replica ${i}\nid=${i}`);
      expect(await exec(`ring-${i}`, "stat -c %u:%g /data && touch /data/mine")).toBe("65534:65534");
    }
  });

  it("resolves each replica and the service as a whole", async () => {
    for (const i of [0, 1, 2])
      expect(await exec("vault", `wget -q -O - http://ring-${i}:8080/prepared`)).toBe(`replica ${i}`);
    expect(await exec("vault", "wget -q -O - http://ring:8080/prepared")).toMatch(/^replica [012]$/);
  });

  it("lets the process read its secret, and nobody read it from the engine", async () => {
    expect(await exec("vault", "cat /etc/vault/password; stat -c ' %u:%a' /etc/vault/password")).toBe(
      `${SECRET} 0:444`,
    );
    expect(await docker("inspect", name("vault"))).not.toContain(SECRET);
  });

  it("keeps a host agent to the stack's network", async () => {
    const gateway = await docker("network", "inspect", STACK, "--format", "{{(index .IPAM.Config 0).Gateway}}");
    expect(await connects(gateway, 19180)).toBe(true);
    expect(await connects("127.0.0.1", 19180)).toBe(false);
    expect(await exec("visitor", "grep lookout /etc/hosts")).toContain(gateway);
    expect(await exec("lookout", "cat /host/proc/version >/dev/null; ls /host | grep -c etc")).toBe("1");
  });

  it("runs a schedule every minute and leaves its success as a metric, over a restart too", async () => {
    const lastSuccess = async () => {
      const text = (await attempt("exec", name("lookout"), "cat", "/textfiles/sweep.prom")).text;
      return Number(/last_success_timestamp_seconds\{schedule="sweep"\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    const first = await eventually(lastSuccess, (seconds) => seconds > 0, 90_000);
    await docker("restart", "-t", "10", name("sweep"));
    await sleep(3000);
    // The slot was done: a restart does not repeat it, and does not forget it.
    const kept = await lastSuccess();
    expect(Math.floor(kept / 60) === Math.floor(first / 60) ? kept : first).toBe(first);
    const second = await eventually(lastSuccess, (seconds) => seconds > first, 90_000);
    expect(Math.floor(second / 60)).toBeGreaterThan(Math.floor(first / 60));
  });

  it("replaces only the container whose file has changed", async () => {
    const before = await containers(STACK);
    options = { revision: 2 };
    const { summary } = await up();
    expect(summary.resourceChanges).toMatchObject({ replace: 1 });
    const after = await containers(STACK);
    expect(Object.keys(after).filter((container) => before[container] !== after[container])).toEqual([name("counter")]);
    expect(await exec("counter", "cat /etc/counter/revision")).toBe("revision=2");
    await unchanged(deployed);
  });

  it("starts again what dies, and what was stopped with the engine, without Pulumi", async () => {
    const { Pid } = (await inspect(name("ring-1"))).State;
    process.kill(Pid, "SIGKILL");
    const state = await eventually(
      async () => (await inspect(name("ring-1"))).State,
      (s) => s.Running && s.Pid !== Pid && s.Health.Status === "healthy",
      60_000,
    );
    expect(state.Running).toBe(true);
    // As after a restart of the engine: what was in memory is empty and can be written again.
    for (const service of SERVICES) await docker("restart", "-t", "5", name(service));
    for (const service of SERVICES)
      await eventually(
        async () => (await inspect(name(service))).State.Health.Status,
        (s) => s === "healthy",
        60_000,
      );
    expect(await exec("ring-2", "cat /tmp/work/conf")).toBe("id=2");
    await unchanged(deployed, { refresh: true });
  });

  it("runs a job again when a volume that it restores had to be prepared again, and only that", async () => {
    options = { revision: 2, failures: 0 };
    await up();
    const before = await containers(STACK);
    await docker("rm", "-f", name("ring-0-data-prepare"));
    await up({ refresh: true });
    const after = await containers(STACK);
    const changed = Object.keys(after).filter((container) => before[container] !== after[container]);
    expect(changed.sort()).toEqual([name("register"), name("ring-0-data-prepare")].sort());
  });

  it("keeps the volumes when it is destroyed, and finds their data again", async () => {
    await deployed.stack.destroy();
    expect(await containers(STACK)).toEqual({});
    expect((await attempt("network", "inspect", STACK)).code).not.toBe(0);
    const kept = await docker("volume", "ls", "-q", "--filter", `label=datastack.stack=${STACK}`);
    expect(kept.split("\n").sort()).toEqual([...[0, 1, 2].map((i) => name(`ring-${i}-data`)), name("sweep-0-kept")]);
    await up();
    for (const i of [0, 1, 2]) expect(await exec(`ring-${i}`, "ls /data")).toBe("mine\nprepared");
  });
});

async function eventually<T>(get: () => Promise<T>, enough: (value: T) => boolean, milliseconds: number): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await get();
    if (enough(value)) return value;
    if (Date.now() > end) throw new Error(`still ${JSON.stringify(value)} after ${milliseconds / 1000} s`);
    await sleep(1000);
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 2000 });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket
      .on("connect", () => end(true))
      .on("error", () => end(false))
      .on("timeout", () => end(false));
  });
}
