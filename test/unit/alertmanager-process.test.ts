import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { Alertmanager } from "../../components/alertmanager";
import { imageCatalogue } from "../../components/core/images";
import { NodeExporter } from "../../components/exporters";
import { DockerTarget } from "../../components/target/docker";
import { which } from "../../tools/core/exec";
import { Progress } from "../../tools/core/progress";
import { builtGo } from "../../tools/toolchain/go";
import { ALERTMANAGER } from "../../tools/toolchain/programs";

const MISSING = "alertmanager is neither on PATH nor built yet; npm start builds it";
const TOKEN = "token-of-the-receiver";

interface Message {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly status: string;
    readonly alerts: readonly {
      readonly status: string;
      readonly labels: Record<string, string>;
      readonly annotations: Record<string, string>;
    }[];
  };
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "alertmanager-"));
const messages: Message[] = [];
const receiver = http.createServer((request, response) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    const { url = "", headers } = request;
    messages.push({ path: url, authorization: headers.authorization, body: JSON.parse(text) });
    response.end();
  });
});
let running: ChildProcess | undefined;
let address = "";
let log = "";

beforeAll(async () => {
  const program =
    which("alertmanager") ?? (await builtGo(ALERTMANAGER, new Progress(process.stderr, true)).catch(() => undefined));
  if (!program) return;
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${await freePort()}`;
  running = start(program, (receiver.address() as AddressInfo).port);
  await eventually(async () => (await fetch(`${address}/-/ready`)).ok, "be ready");
});

afterAll(async () => {
  const ended = new Promise((done) => running?.once("exit", done) ?? done(undefined));
  running?.kill();
  await ended;
  receiver.close();
  fs.rmSync(folder, { recursive: true });
});

/** The component's own files and arguments, in a folder and on other ports. */
function start(program: string, port: number): ChildProcess {
  const base = `http://127.0.0.1:${port}`;
  const target = new DockerTarget({ stack: "test" });
  const images = imageCatalogue();
  const plan = Alertmanager.plan("alertmanager", {
    target,
    images,
    receivers: {
      ops: { kind: "webhook", url: `${base}/ops?key=secret-in-address`, token: TOKEN },
      chat: { kind: "webhook", url: `${base}/chat` },
      beat: { kind: "webhook", url: `${base}/beat` },
    },
    monitoring: [NodeExporter.monitoring("node-exporter", { target, images })],
    routes: { critical: ["ops", "chat"], warning: ["chat"] },
    watchdog: { receiver: "beat", every: "1m" },
    groupWait: "1s",
    groupInterval: "1s",
  });
  const service = plan.services?.[0];
  const moved = (text: string) => text.replaceAll(/\/etc\/alertmanager|\/alertmanager(?=$)/g, `${folder}$&`);
  for (const { path: file, content } of service?.files ?? []) {
    fs.mkdirSync(path.dirname(folder + file), { recursive: true });
    fs.writeFileSync(folder + file, moved(String(content)));
  }
  const args = (service?.args ?? []).map((arg) =>
    arg.startsWith("--web.listen-address") ? `--web.listen-address=${new URL(address).host}` : moved(arg),
  );
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.on("data", (part) => (log += part));
  return child;
}

function needed(context: TestContext): void {
  if (!running && process.env.CI) throw new Error(MISSING);
  context.skip(!running, MISSING);
}

async function post(...alerts: readonly { labels: Record<string, string>; endsAt?: string }[]): Promise<void> {
  const annotations = { summary: "it is down", runbook_url: "https://runbooks.example.com/x.md" };
  const response = await fetch(`${address}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(alerts.map((alert) => ({ ...alert, annotations }))),
  });
  expect(await response.text()).toBe("");
  expect(response.status).toBe(200);
}

const on = (alertname: string, severity: string, instance: string, more: Record<string, string> = {}) => ({
  labels: { alertname, severity, instance, job: "kafka", stack: "test", ...more },
});
const told = (to: string, alertname: string) =>
  messages.filter((m) => m.path.startsWith(`/${to}`) && m.body.alerts.some((a) => a.labels.alertname === alertname));

describe("the real Alertmanager, with what the component gives it", () => {
  it("tells of an alert by its severity, with its runbook, and when it is over", async (context) => {
    needed(context);
    const down = on("TargetDown", "critical", "kafka-0");
    await post(
      down,
      on("KafkaReplicaLag", "warning", "kafka-0"),
      on("KafkaReplicaLag", "warning", "kafka-1"),
      on("KafkaIsrExpanding", "info", "kafka-1"),
      on("NodeFilesystemSpaceOut", "critical", "host", { device: "vda", mountpoint: "/" }),
      on("NodeFilesystemSpaceLow", "warning", "host", { device: "vda", mountpoint: "/" }),
      on("NodeFilesystemSpaceLow", "warning", "host", { device: "vdb", mountpoint: "/data" }),
      { labels: { alertname: "Watchdog", severity: "info", stack: "test" } },
    );
    const expected = ["TargetDown", "KafkaReplicaLag", "NodeFilesystemSpaceLow"];
    const all = () => told("ops", "TargetDown").length > 0 && expected.every((name) => told("chat", name).length > 0);
    await eventually(all, "tell");
    const [first] = told("ops", "TargetDown");
    expect(first?.path).toBe("/ops?key=secret-in-address");
    expect(first?.authorization).toBe(`Bearer ${TOKEN}`);
    expect(first?.body.status).toBe("firing");
    expect(first?.body.alerts[0]?.annotations.runbook_url).toBe("https://runbooks.example.com/x.md");
    expect(told("chat", "TargetDown")).toHaveLength(1);

    await post({ ...down, endsAt: new Date().toISOString() });
    await eventually(() => told("ops", "TargetDown").some((m) => m.body.status === "resolved"), "tell that it is over");
  });

  it("does not tell what a target that is down explains, nor info; the Watchdog only where it belongs", (context) => {
    needed(context);
    const lag = told("chat", "KafkaReplicaLag").slice(0, 1);
    expect(lag.flatMap((m) => m.body.alerts.map((a) => a.labels.instance))).toEqual(["kafka-1"]);
    expect(messages.filter((m) => m.body.alerts.some((a) => a.labels.severity === "info")).map((m) => m.path)).toEqual([
      "/beat",
    ]);
    expect(told("ops", "KafkaReplicaLag")).toEqual([]);
    const low = told("chat", "NodeFilesystemSpaceLow").flatMap((m) => m.body.alerts.map((a) => a.labels.mountpoint));
    expect(new Set(low)).toEqual(new Set(["/data"]));
  });

  it("shows its secrets to nobody, and logs none", async (context) => {
    needed(context);
    const status = await (await fetch(`${address}/api/v2/status`)).text();
    expect(status).toContain("credentials_file");
    for (const text of [status, log]) expect(text).not.toMatch(/secret-in-address|token-of-the-receiver/);
  });
});

async function eventually(is: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 15_000;
  for (;;) {
    if (await Promise.resolve(is()).catch(() => false)) return;
    if (Date.now() > end) throw new Error(`Alertmanager did not ${what} within 15 s:\n${log}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

function freePort(): Promise<number> {
  const server = http.createServer();
  return new Promise((done) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    }),
  );
}
