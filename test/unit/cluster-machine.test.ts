import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { imageArchive, tar } from "../../tools/cluster/image-archive";
import { nameservers, podRules, removals } from "../../tools/cluster/network";
import { listeningPorts, overlap } from "../../tools/cluster/preflight";
import { Processes } from "../../tools/cluster/processes";
import { layoutOf } from "../../tools/cluster/settings";
import { mountsBelow, removeState } from "../../tools/cluster/teardown";
import { parseStat, startOf } from "../../tools/core/process";

describe("removal of packet filter rules", () => {
  const dump = `-P INPUT ACCEPT
-P FORWARD DROP
-N DOCKER
-N DOCKER-USER
-N KUBE-FORWARD
-N DATASTACK-PODS
-N CNI-HOSTPORT-DNAT
-A INPUT -j DATASTACK-PODS
-A FORWARD -j DATASTACK-PODS
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -j DOCKER-USER
-A KUBE-FORWARD -j DATASTACK-PODS
-A DOCKER -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT
`;

  it("takes our jumps first, then the chains, and touches nothing of others", () => {
    expect(removals(dump)).toEqual([
      ["-D", "INPUT", "-j", "DATASTACK-PODS"],
      ["-D", "FORWARD", "-j", "DATASTACK-PODS"],
      ["-D", "FORWARD", "-m", "comment", "--comment", "kubernetes forwarding rules", "-j", "KUBE-FORWARD"],
      ["-F", "KUBE-FORWARD"],
      ["-F", "DATASTACK-PODS"],
      ["-F", "CNI-HOSTPORT-DNAT"],
      ["-X", "KUBE-FORWARD"],
      ["-X", "DATASTACK-PODS"],
      ["-X", "CNI-HOSTPORT-DNAT"],
    ]);
  });

  it("has nothing to do on a clean machine", () => {
    expect(removals("-P INPUT ACCEPT\n-N DOCKER\n-A FORWARD -j DOCKER\n")).toEqual([]);
  });

  it("knows every chain that we make", () => {
    for (const { chain, from } of podRules()) {
      const text = [`-N ${chain}`, ...from.map((parent) => `-A ${parent} -j ${chain}`)].join("\n");
      expect(removals(text)).toHaveLength(from.length + 2);
    }
  });
});

describe("the machine's state, read", () => {
  it("finds servers for names that pods can reach too", () => {
    expect(
      nameservers("# comment\nnameserver 127.0.0.53\nnameserver 192.0.2.1\n nameserver 2001:db8::1\nnameserver ::1\n"),
    ).toEqual(["192.0.2.1", "2001:db8::1"]);
  });

  it("finds listening ports and no others", () => {
    const table = `  sl  local_address rem_address   st tx_queue
   0: 0100007F:1539 00000000:0000 0A 00000000:00000000
   1: 0100007F:D431 0100007F:1539 01 00000000:00000000
   2: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 00000000:00000000`;
    expect([...listeningPorts(table)]).toEqual([5433, 10250]);
  });

  it.each([
    ["10.244.0.0/24", "10.244.0.7/16", true],
    ["10.96.0.0/16", "10.0.0.0/8", true],
    ["0.0.0.0/0", "10.96.0.0/16", true],
    ["10.244.1.0/24", "10.244.0.0/24", false],
    ["192.168.1.5/32", "192.168.1.4/32", false],
    ["172.17.0.1/16", "10.96.0.0/16", false],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlap(a, b)).toBe(expected);
    expect(overlap(b, a)).toBe(expected);
  });

  it("finds mounts below a folder, the innermost first, and no neighbours", () => {
    const line = (target: string): string => `36 35 98:0 / ${target} rw,noatime shared:1 - ext4 /dev/root rw`;
    const text = [
      "/",
      "/data/lab/kubelet/pods/a",
      "/data/lab/kubelet/pods/a/sub\\040dir",
      "/data/lab2/x",
      "/data/lab",
    ].map(line);
    expect(mountsBelow(text.join("\n"), ["/data/lab", "/run/lab"])).toEqual([
      "/data/lab/kubelet/pods/a/sub dir",
      "/data/lab/kubelet/pods/a",
    ]);
  });

  it("reads a process whose name holds brackets and spaces", () => {
    const fields = ["S", ...Array.from({ length: 18 }, (_, i) => String(i)), "4711", "rest"];
    expect(parseStat(`12 (a) b (c) ${fields.join(" ")}`)).toEqual({ state: "S", startTicks: "4711" });
  });
});

describe("removal of a cluster's files", () => {
  const line = (target: string): string => `36 35 98:0 / ${target} rw,noatime shared:1 - ext4 /dev/root rw\n`;
  let dir: string;
  let layout: ReturnType<typeof layoutOf>;
  /** Where a volume is mounted for a pod, as the kernel names it. */
  let mounted: string;

  beforeEach(() => {
    dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "datastack-teardown-")));
    fs.mkdirSync(path.join(dir, "disk"));
    fs.symlinkSync("disk", path.join(dir, "home"));
    layout = layoutOf("lab", path.join(dir, "home"), path.join(dir, "run"));
    mounted = path.join(dir, "disk/lab/kubelet/pods/a/volumes/data");
    for (const folder of [mounted, layout.volumes, layout.etcd, layout.run]) fs.mkdirSync(folder, { recursive: true });
    for (const folder of [mounted, layout.volumes]) fs.writeFileSync(path.join(folder, "rows"), "");
  });
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  it("finds its mounts where its folder is behind a symlink", () => {
    expect(mountsBelow(line(mounted), [layout.root])).toEqual([mounted]);
    expect(mountsBelow(line(path.join(dir, "disk/lab2/x")), [layout.root])).toEqual([]);
  });

  it.each([true, false])("is refused while anything is mounted below them; volumes kept: %s", (keepVolumes) => {
    const running = path.join(layout.run, "rootfs");
    for (const target of [mounted, running]) {
      expect(() => removeState(layout, keepVolumes, line("/") + line(target))).toThrow(
        `Unmount it, then try again:\n  umount '${target}'`,
      );
    }
    expect(fs.existsSync(path.join(mounted, "rows"))).toBe(true);
    expect(fs.readdirSync(layout.root).sort()).toEqual(["etcd", "kubelet", "volumes"]);
    expect(fs.existsSync(layout.run)).toBe(true);
  });

  it("leaves the volumes where they are kept, and nothing else", () => {
    const others = line("/") + line(layout.volumes.replace("lab", "lab2")) + line(path.join(dir, "disk/other"));
    removeState(layout, true, others);
    expect(fs.readdirSync(layout.root)).toEqual(["volumes"]);
    expect(fs.readdirSync(layout.volumes)).toEqual(["rows"]);
    removeState(layout, false, others);
    expect(fs.readdirSync(path.join(dir, "disk"))).toEqual([]);
    expect(fs.existsSync(layout.run)).toBe(false);
  });
});

describe.runIf(process.platform === "linux")("processes", () => {
  const folder = (): ReturnType<typeof layoutOf> => {
    const base = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-processes-"));
    const layout = layoutOf("lab", base, base);
    fs.mkdirSync(layout.logs, { recursive: true });
    return layout;
  };

  it("start once, are found again, restart with other arguments, and end", async () => {
    const layout = folder();
    const processes = new Processes(layout);
    await processes.start("sleeper", "/bin/sleep", ["1000"]);
    const first = processes.pid("sleeper");
    await new Processes(layout).start("sleeper", "/bin/sleep", ["1000"]);
    expect(processes.pid("sleeper")).toBe(first);
    await processes.start("sleeper", "/bin/sleep", ["1001"]);
    expect(processes.pid("sleeper")).not.toBe(first);
    await processes.stop("sleeper");
    expect(processes.running("sleeper")).toBe(false);
    fs.rmSync(path.dirname(layout.root), { recursive: true });
  });

  it("do not take another process for their own when a number was given again", async () => {
    const layout = folder();
    fs.writeFileSync(
      layout.processes,
      JSON.stringify({ etcd: { pid: process.pid, started: "boot/1", fingerprint: "" } }),
    );
    const processes = new Processes(layout);
    expect(startOf(process.pid)).toBeDefined();
    expect(processes.running("etcd")).toBe(false);
    await processes.stop("etcd"); // must not end the test
    fs.rmSync(path.dirname(layout.root), { recursive: true });
  });

  it("say the end of the log when they end at once", async () => {
    const layout = folder();
    const processes = new Processes(layout);
    await processes.start("broken", "/bin/sh", ["-c", "echo no such flag >&2; exit 2"]);
    await expect(processes.ready("broken", 5, async () => false)).rejects.toThrow(
      /^broken ended as soon as it was started\. The end of .*broken\.log:\nno such flag$/,
    );
    fs.rmSync(path.dirname(layout.root), { recursive: true });
  });
});

describe("an image without an engine", () => {
  const spec = {
    reference: "datastack.local/hello:1",
    files: [{ path: "/bin/hello", content: Buffer.from("hello") }],
    entrypoint: ["/bin/hello"],
    user: "65532:65532",
    architecture: "amd64" as const,
  };
  const extract = (archive: Buffer, name: string): Buffer =>
    execFileSync("tar", ["-xOf", "-", name], { input: archive });

  it("is an archive that tar reads, with a layer that its config names", () => {
    const archive = imageArchive(spec);
    const [manifest] = JSON.parse(extract(archive, "manifest.json").toString());
    expect(manifest.RepoTags).toEqual(["datastack.local/hello:1"]);
    const config = JSON.parse(extract(archive, manifest.Config).toString());
    expect(config.rootfs.diff_ids).toEqual([`sha256:${manifest.Layers[0].replace(".tar", "")}`]);
    expect(config.config).toEqual({ Entrypoint: ["/bin/hello"], User: "65532:65532", WorkingDir: "/" });
    const layer = extract(archive, manifest.Layers[0]);
    expect(extract(layer, "bin/hello").toString()).toBe("hello");
    expect(execFileSync("tar", ["-tvf", "-"], { input: layer }).toString()).toMatch(/^-rwxr-xr-x 0\/0 +5 1970-01-01/);
  });

  it("is the same twice", () => {
    expect(imageArchive(spec).equals(imageArchive(spec))).toBe(true);
  });

  it("refuses a path that the format cannot hold", () => {
    expect(() => tar([{ path: "a".repeat(100), content: Buffer.alloc(0) }])).toThrow("is longer than 99 bytes");
  });
});
