import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { formatProblem } from "../../components/core/problems";
import { DockerTarget } from "../../components/target/docker";
import {
  all,
  at,
  CONTAINER,
  dependsOn,
  IMAGE,
  isSecret,
  NETWORK,
  one,
  only,
  plain,
  type Recording,
  record,
  VOLUME,
  waitsFor,
} from "../support/record";
import {
  BUSYBOX,
  type CaseOptions,
  connection,
  construct,
  counter,
  plans,
  ring,
  SECRET,
  scrapeTargets,
  WRONG_USES,
} from "./cases";
import { MESSAGES } from "./docker-messages";

const STACK = "contract";
const GATEWAY = "172.30.0.1";

const target = () => new DockerTarget({ stack: STACK });
const recorded = (options: CaseOptions = {}) => record(() => construct(target(), options));

const labelsOf = (recording: Recording, name: string): Record<string, string> => {
  const list = at<{ label: string; value: string }[]>(one(recording, CONTAINER, name), "labels");
  return Object.fromEntries(list.map(({ label, value }) => [label, value]));
};

describe("the contract's workloads on Docker", () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await recorded();
  });

  it("passes the check", () => {
    expect(target().check(plans(target()))).toEqual([]);
  });

  it("has one network, called like the stack, and no provider of its own", () => {
    expect(only(recording, NETWORK).inputs).toMatchObject({ name: STACK, driver: "bridge" });
    expect(all(recording).filter((r) => r.type.startsWith("pulumi:providers:"))).toEqual([]);
  });

  describe("a stateful service with three replicas", () => {
    it("is three containers that answer to their own and to the common name", () => {
      for (const i of [0, 1, 2]) {
        const replica = one(recording, CONTAINER, `ring-${i}`);
        expect(replica.inputs).toMatchObject({
          name: `${STACK}-ring-${i}`,
          hostname: `ring-${i}`,
          networkMode: "bridge",
        });
        expect(at(replica, "networksAdvanced")).toEqual([{ name: STACK, aliases: ["ring", `ring-${i}`] }]);
        expect(at(replica, "envs")).toEqual([`DATASTACK_REPLICA=${i}`]);
        expect(at<{ file: string }[]>(replica, "uploads").map((u) => u.file)).toEqual([
          "/etc/ring/common.conf",
          `/etc/ring/replica-${i}.conf`,
        ]);
      }
    });

    it("gives them paths in memory that stay writable when they are started again", () => {
      const options = "rw,exec,nosuid,nodev,size=1048576,uid=65534,gid=65534,mode=1777";
      expect(at(one(recording, CONTAINER, "ring-0"), "tmpfs")).toEqual({ "/tmp/work": options });
    });

    it("starts them in parallel, after the volumes of all are prepared", () => {
      for (const i of [0, 1, 2]) {
        const before = waitsFor(recording, one(recording, CONTAINER, `ring-${i}`));
        for (const j of [0, 1, 2])
          for (const name of [`ring-${j}-data`, `ring-${j}-data-owner`, `ring-${j}-data-prepare`])
            expect(before).toContain(name);
        expect([...before].filter((name) => /^ring-\d$/.test(name))).toEqual([]);
      }
    });

    it("does not replace a replica because the volumes of others are prepared", () => {
      // What is only waited for is in no input; what is in one replaces the replica with it.
      for (const i of [0, 1, 2]) {
        const inputs = Object.values(one(recording, CONTAINER, `ring-${i}`).propertyDependencies).flat();
        const names = inputs.map((urn) => urn.split("::").at(-1));
        expect(names.filter((name) => name?.startsWith("ring"))).toEqual([`ring-${i}-data`]);
      }
    });

    it("keeps its volumes whatever happens", () => {
      expect(all(recording, VOLUME).filter((v) => v.name.startsWith("ring-"))).toHaveLength(3);
      for (const i of [0, 1, 2]) {
        const volume = one(recording, VOLUME, `ring-${i}-data`);
        expect(volume.inputs).toMatchObject({ name: `${STACK}-ring-${i}-data` });
        expect(volume.options).toMatchObject({ retainOnDelete: true, ignoreChanges: ["labels", "driverOpts"] });
        expect(volume.options.protect ?? false).toBe(false);
      }
    });

    it("protects them in production", async () => {
      const production = await record(() => construct(new DockerTarget({ stack: STACK, production: true })));
      for (const i of [0, 1, 2]) expect(one(production, VOLUME, `ring-${i}-data`).options.protect).toBe(true);
    });

    it("gives a new volume to its owner with one capability and no network, then prepares it as the workload's user", () => {
      const owner = one(recording, CONTAINER, "ring-1-data-owner");
      expect(owner.inputs).toMatchObject({
        user: "0:0",
        networkMode: "none",
        capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN"] },
      });
      expect(at<string[]>(owner, "entrypoints").slice(-4)).toEqual(["60", "chown", "65534:65534", "/data"]);
      const prepare = one(recording, CONTAINER, "ring-1-data-prepare");
      expect(prepare.inputs).toMatchObject({
        user: "65534:65534",
        networkMode: "none",
        capabilities: { drops: ["ALL"] },
      });
      expect(at(prepare, "envs")).toEqual(["DATASTACK_REPLICA=1", "SOURCE=/etc/ring/identity"]);
      expect(dependsOn(recording, prepare)).toContain("ring-1-data-owner");
    });
  });

  it("gives every container the posture that is the default", () => {
    const containers = all(recording, CONTAINER);
    expect(containers.length).toBeGreaterThan(12);
    for (const container of containers) {
      const inputs = plain(container.inputs) as Record<string, unknown>;
      const agent = container.name === "lookout";
      expect(inputs, container.name).toMatchObject({
        init: true,
        securityOpts: ["no-new-privileges:true", ...(agent ? ["label=disable"] : [])],
        wait: true,
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3", labels: "datastack.service,datastack.stack", tag: "{{.Name}}" },
        memorySwap: inputs.memory,
        stopTimeout: inputs.destroyGraceSeconds,
      });
      expect(inputs.memory, container.name).toBeGreaterThan(0);
      expect(inputs.destroyGraceSeconds, container.name).toBeGreaterThan(0);
      expect(inputs.healthcheck, container.name).toBeDefined();
      expect(inputs.user, container.name).toBe(container.name.endsWith("-owner") ? "0:0" : "65534:65534");
      expect(at(container, "capabilities.drops"), container.name).toEqual(["ALL"]);
      expect(inputs.privileged, container.name).toBeUndefined();
      expect(inputs.networkMode, container.name).toBe(agent ? "host" : inputs.networksAdvanced ? "bridge" : "none");
      expect(container.options, container.name).toMatchObject({
        deleteBeforeReplace: true,
        replaceOnChanges: ["healthcheck", "tmpfs", "init", "cpuPeriod", "cpuQuota"],
      });
      expect(labelsOf(recording, container.name)["datastack.stack"]).toBe(STACK);
      expect(labelsOf(recording, container.name)["datastack.service"]).toBeDefined();
    }
  });

  describe("a job", () => {
    it("is healthy only by success, does not restart, and waits for what it needs", () => {
      const job = one(recording, CONTAINER, "register");
      expect(job.inputs).toMatchObject({
        name: `${STACK}-register`,
        mustRun: false,
        restart: "no",
        wait: true,
        waitTimeout: 40,
      });
      expect(job.inputs.attach).toBeUndefined();
      expect(at(job, "healthcheck.tests")).toEqual(["CMD-SHELL", "test -f /run/datastack/mark"]);
      expect(dependsOn(recording, job)).toContain("counter");
      expect(labelsOf(recording, "register")["datastack.job"]).toBe("register");
    });

    it("is waited for by what comes after it", () => {
      expect(dependsOn(recording, one(recording, CONTAINER, "follower"))).toContain("register");
    });

    it("runs again when a volume that it restores was prepared again", () => {
      // By the container's id, so that a new container is a new definition of the job.
      const job = one(recording, CONTAINER, "register");
      const labels = labelsOf(recording, "register");
      for (const i of [0, 1, 2]) {
        expect(labels[`datastack.restores.ring.${i}`]).toMatch(/^[0-9a-f]{64}$/);
        expect(job.propertyDependencies.labels).toContain(one(recording, CONTAINER, `ring-${i}-data-prepare`).urn);
      }
    });
  });

  it("runs a schedule as a resident loop that leaves metrics for the agent", () => {
    const sweep = one(recording, CONTAINER, "sweep");
    expect(sweep.inputs).toMatchObject({ restart: "unless-stopped", mustRun: true });
    const command = at<string[]>(sweep, "entrypoints");
    expect(command.slice(0, 6)).toEqual(["/bin/sh", "/datastack/every.sh", "sweep", "60", "0", "30"]);
    expect(at(sweep, "volumes")).toEqual([
      { volumeName: `${STACK}-textfiles`, containerPath: "/datastack/metrics", readOnly: false },
      { volumeName: `${STACK}-sweep-0-kept`, containerPath: "/kept", readOnly: false },
    ]);
    expect(at(sweep, "envs")).toContain("DATASTACK_METRICS=/datastack/metrics");
    expect(at(one(recording, CONTAINER, "lookout"), "volumes")).toEqual([
      { volumeName: `${STACK}-textfiles`, containerPath: "/textfiles", readOnly: true },
    ]);
    expect(dependsOn(recording, sweep)).toContain("textfiles-owner");
  });

  it("keeps a schedule's volume, and gives it to its user before the first run", () => {
    const volume = one(recording, VOLUME, "sweep-0-kept");
    expect(volume.options).toMatchObject({ retainOnDelete: true });
    expect(dependsOn(recording, one(recording, CONTAINER, "sweep-0-kept-owner"))).toContain("sweep-0-kept");
    expect(at(one(recording, CONTAINER, "sweep-0-kept-owner"), "entrypoints")).toContain("65534:65534");
    expect(dependsOn(recording, one(recording, CONTAINER, "sweep"))).toContain("sweep-0-kept-owner");
  });

  describe("a host agent", () => {
    it("sees the host and listens only where the stack's network reaches it", () => {
      const agent = one(recording, CONTAINER, "lookout");
      expect(agent.inputs).toMatchObject({ networkMode: "host", pidMode: "host" });
      expect(agent.inputs.networksAdvanced).toBeUndefined();
      expect(at(agent, "mounts")).toEqual([{ type: "bind", source: "/", target: "/host", readOnly: true }]);
      expect(at(agent, "command")).toEqual(["-f", "-p", `${GATEWAY}:19180`, "-h", "/textfiles"]);
      expect(at(agent, "healthcheck.tests")).toEqual(["CMD", "nc", "-w", "5", GATEWAY, "19180", "-e", "true"]);
    });

    it("is reached by its name", () => {
      expect(at(one(recording, CONTAINER, "visitor"), "hosts")).toEqual([{ host: "lookout", ip: GATEWAY }]);
    });

    it("has to be constructed before what uses its address", async () => {
      const reversed = record(() => {
        const docker = target();
        const placement = { parent: new pulumi.ComponentResource("datastack:test:Case", "reversed") };
        const [, , , agents, visitors] = plans(docker);
        const [agent] = agents?.agents ?? [];
        const [visitor] = visitors?.services ?? [];
        if (!agent || !visitor) throw new Error("the cases have changed");
        docker.service({ ...visitor, needs: [{ to: connection(docker, "lookout", 19180) }] }, placement);
        docker.agent(agent, placement);
      });
      await expect(reversed).rejects.toThrow('Construct "lookout" before "visitor"');
    });
  });

  it("lays files root-owned and read-only, and hashes them only when they are no secret", () => {
    const vault = one(recording, CONTAINER, "vault");
    expect(at(vault, "uploads")).toEqual([
      { file: "/etc/vault/password", content: SECRET, permissions: "0444" },
      { file: "/etc/vault/public/index.html", content: "open\n", permissions: "0444" },
    ]);
    expect(isSecret(vault, "uploads[0].content")).toBe(true);
    const labels = labelsOf(recording, "vault");
    expect(labels["datastack.file./etc/vault/public/index.html"]).toBe(
      createHash("sha256").update("open\n").digest("hex"),
    );
    expect(Object.keys(labels).filter((label) => label.includes("password"))).toEqual([]);
    expect(at(one(recording, CONTAINER, "counter"), "uploads[1].permissions")).toBe("0555");
  });

  it("leaks no secret into anything that is not a file", () => {
    const traces = [SECRET, createHash("sha256").update(SECRET).digest("hex"), Buffer.from(SECRET).toString("base64")];
    for (const resource of all(recording)) {
      const { uploads, ...others } = plain(resource.inputs) as Record<string, unknown>;
      for (const trace of traces) expect(JSON.stringify(others), resource.name).not.toContain(trace);
      if (resource.name !== "vault") expect(JSON.stringify(uploads ?? [])).not.toContain(SECRET);
    }
  });

  it("changes nothing but the workload whose file changes", async () => {
    const changed = await recorded({ revision: 2 });
    expect(differences(recording, changed)).toEqual(["counter"]);
  });

  it("waits for nothing of a server outside the stack", () => {
    expect(dependsOn(recording, one(recording, CONTAINER, "vault")).filter((name) => name.includes("managed"))).toEqual(
      [],
    );
    expect(waitsFor(recording, one(recording, CONTAINER, "vault"))).toContain("ring-2");
  });

  it("registers the same in a preview, where nothing is known", async () => {
    const options = { preview: true, opaque: true };
    const preview = await record(() => construct(target()), options);
    expect(preview.resources.map((r) => r.urn).sort()).toEqual(recording.resources.map((r) => r.urn).sort());
  });

  it("does the same twice", async () => {
    expect(differences(recording, await recorded())).toEqual([]);
  });
});

describe("scraping on Docker", () => {
  it("names every instance, with the labels that Kubernetes gives", () => {
    expect(target().scrape(scrapeTargets(target()))).toEqual([
      {
        job_name: "ring",
        scrape_interval: "30s",
        metric_relabel_configs: [{ source_labels: ["__name__"], regex: "debug_.*", action: "drop" }],
        static_configs: [0, 1, 2].map((i) => ({
          targets: [`ring-${i}:8080`],
          labels: { cluster: "ring", instance: `ring-${i}` },
        })),
      },
      {
        job_name: "counter",
        metrics_path: "/cgi-bin/attempt",
        static_configs: [{ targets: ["counter:8080"], labels: { instance: "counter" } }],
      },
      { job_name: "node", static_configs: [{ targets: ["lookout:19180"], labels: { instance: "lookout" } }] },
    ]);
  });

  it("keeps one job label for targets that are scraped differently", () => {
    const [first] = scrapeTargets(target());
    if (!first) throw new Error("the cases have changed");
    const configs = target().scrape([first, { ...first, replicas: 1, workload: "other", interval: "60s" }]);
    expect(configs.map((c) => c.job_name)).toEqual(["ring", "ring-2"]);
    expect(configs[1]?.static_configs).toEqual([
      { targets: ["other-0:8080"], labels: { cluster: "ring", job: "ring", instance: "other-0" } },
    ]);
  });
});

describe("engines and images", () => {
  it("makes a provider of its own for a remote engine, with the key as a secret", async () => {
    const recording = await record(() => {
      const tls = { ca: "CA", cert: "CERT", key: "KEY" };
      const remote = new DockerTarget({ stack: STACK, engine: { host: "tcp://engine.example.com:2376", tls } });
      construct(remote);
    });
    const provider = only(recording, "pulumi:providers:docker");
    expect(plain(provider.inputs)).toMatchObject({ host: "tcp://engine.example.com:2376", caMaterial: "CA" });
    expect(isSecret(provider, "keyMaterial")).toBe(true);
    for (const r of all(recording).filter((r) => r.type.startsWith("docker:")))
      expect(r.options.provider, r.name).toBe(provider.urn);
  });

  it("registers no provider before the first workload", async () => {
    const recording = await record(() => {
      new DockerTarget({ stack: STACK, engine: { host: "ssh://deploy@engine.example.com", sshOpts: ["-p", "2222"] } });
    });
    expect(all(recording)).toEqual([]);
  });

  it("pulls an image from a registry, keeps it, and runs exactly what was pulled", async () => {
    const image = { ...BUSYBOX, reference: "docker.io/library/busybox:1.37", source: "registry" as const };
    const recording = await record(() => construct(target(), { image }));
    const pulled = one(recording, IMAGE, "counter-image");
    expect(pulled.inputs).toEqual({ name: image.reference, keepLocally: true });
    expect(at(one(recording, CONTAINER, "counter"), "image")).toMatch(/^sha256:/);
    expect(all(await recorded(), IMAGE)).toEqual([]);
  });

  it("publishes on loopback unless told otherwise, one port for each replica", async () => {
    const recording = await record(() => {
      const docker = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "published");
      const publish = (replica: number) => ({
        http: { host: 18080 + replica, ...(replica ? { address: "0.0.0.0" } : {}) },
      });
      docker.service({ ...ring(), perReplica: (replica) => ({ publish: publish(replica) }) }, { parent });
      docker.service(counter(), { parent });
    });
    expect([0, 1].map((i) => at(one(recording, CONTAINER, `ring-${i}`), "ports[0]"))).toEqual([
      { internal: 8080, external: 18080, ip: "127.0.0.1", protocol: "tcp" },
      { internal: 8080, external: 18081, ip: "0.0.0.0", protocol: "tcp" },
    ]);
    expect(at(one(recording, CONTAINER, "counter"), "ports")).toEqual([]);
  });

  it("asks over HTTP and TCP by bash where there is no wget", async () => {
    const recording = await record(() => construct(target(), { image: { ...BUSYBOX, probe: "bash" } }));
    expect(at(one(recording, CONTAINER, "counter"), "healthcheck.tests")).toEqual([
      "CMD",
      "bash",
      "-c",
      "exec 3<>/dev/tcp/127.0.0.1/8080",
    ]);
    expect(at(one(recording, CONTAINER, "ring-0"), "healthcheck.tests[3]")).toContain("'/prepared'");
  });

  it("lets transforms change a container last, by object and by function", async () => {
    const recording = await record(() => {
      const docker = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "transformed");
      docker.service(counter(), { parent, transform: { [CONTAINER]: { cpus: "2" } } });
      const transform = {
        [CONTAINER]: (args: Record<string, unknown>, opts: pulumi.CustomResourceOptions, name: string) => {
          if (name === "ring-1") args.dns = ["192.0.2.53"];
          opts.protect = name === "ring-2";
        },
      };
      docker.service(ring(), { parent, transform });
    });
    expect(at(one(recording, CONTAINER, "counter"), "cpus")).toBe("2");
    expect(at(one(recording, CONTAINER, "ring-1"), "dns")).toEqual(["192.0.2.53"]);
    expect(at(one(recording, CONTAINER, "ring-0"), "dns")).toBeUndefined();
    expect(one(recording, CONTAINER, "ring-2").options.protect).toBe(true);
  });
});

describe("wrong use on Docker", () => {
  for (const wrong of WRONG_USES.filter((w) => w.on !== "kubernetes"))
    it(`refuses ${wrong.name}`, () => {
      const problems = target().check(wrong.plans(target())).map(formatProblem);
      expect(problems).toEqual(MESSAGES[wrong.name]);
    });

  it("takes what is wrong on Kubernetes only", () => {
    for (const wrong of WRONG_USES.filter((w) => w.on === "kubernetes"))
      expect(target().check(wrong.plans(target())), wrong.name).toEqual([]);
  });

  it("refuses a stack with the name of one of Docker's networks", () => {
    expect(new DockerTarget({ stack: "host" }).check([]).map(formatProblem)).toEqual([
      'stack = "host": is a network of Docker itself. Choose another name for the stack.',
    ]);
  });

  it("names both when something is constructed before what it needs", async () => {
    const early = record(() => {
      const docker = target();
      const parent = new pulumi.ComponentResource("datastack:test:Case", "early");
      docker.service({ ...counter(), after: ["register"] }, { parent });
    });
    await expect(early).rejects.toThrow(
      'counter.after = "register": names a job that is not there yet. Construct it before "counter"; so far there are: none.',
    );
  });
});

/** Names of resources whose inputs or options differ. */
function differences(a: Recording, b: Recording): string[] {
  const text = (r: Recording) => new Map(all(r).map((x) => [x.urn, JSON.stringify([plain(x.inputs), x.options])]));
  const [one, two] = [text(a), text(b)];
  const urns = new Set([...one.keys(), ...two.keys()]);
  return [...urns].filter((urn) => one.get(urn) !== two.get(urn)).map((urn) => urn.split("::").at(-1) ?? urn);
}
