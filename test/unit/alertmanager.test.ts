import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  Alertmanager,
  type AlertmanagerArgs,
  alertmanagerFiles,
  alertmanagerNote,
  type Receivers,
} from "../../components/alertmanager";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { secretText } from "../../components/core/secrets";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { amtool, inFolder, runAmtool } from "../support/amtool";
import { alerts, monitored } from "../support/monitored";
import { at, CONTAINER, isSecret, kubernetes, one, plain, record } from "../support/record";
import { findLeaks } from "../support/taint";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();

/** One of each kind, with secrets that nothing else contains. */
const RECEIVERS = {
  ops: { kind: "webhook", url: "https://ops.example.com/hook/aaaa-1111", token: "bbbb-2222-bbbb" },
  chat: { kind: "slack", url: "https://hooks.slack.com/services/cccc-3333", channel: "#alerts" },
  fun: { kind: "discord", url: "https://discord.com/api/webhooks/dddd-4444", resolved: false },
  mail: {
    kind: "email",
    to: ["ops@example.com", "boss@example.com"],
    from: "alerts@example.com",
    server: "smtp.example.com:587",
    login: { user: "alerts", password: "eeee-5555-eeee" },
  },
  beat: { kind: "webhook", url: "https://beat.example.com/ffff-6666" },
} as const satisfies Receivers;
const SECRETS = ["aaaa-1111", "bbbb-2222-bbbb", "cccc-3333", "dddd-4444", "eeee-5555-eeee", "ffff-6666"];

const FULL: Partial<AlertmanagerArgs> = {
  receivers: RECEIVERS,
  routes: { critical: ["chat", "mail", "ops"], warning: ["chat"], info: ["fun"] },
  watchdog: { receiver: "beat", every: "1m" },
  publish: { port: 9093 },
};

const args = (more: Partial<AlertmanagerArgs> = {}): AlertmanagerArgs => ({ target, images, ...more });
const config = (more: Partial<AlertmanagerArgs> = {}) => parse(alertmanagerFiles(args(more)).config);
const problems = (more: Partial<AlertmanagerArgs>) =>
  Alertmanager.validate("alertmanager", args(more)).map(formatProblem);
const service = (more: Partial<AlertmanagerArgs> = {}) => Alertmanager.plan("alertmanager", args(more)).services?.[0];

describe("alertmanager.yml", () => {
  it("of a component with nothing but its image shows alerts and tells nobody", () => {
    const { route, receivers, ...rest } = config();
    expect(receivers).toEqual([{ name: "nobody" }]);
    expect(route).toEqual({
      receiver: "nobody",
      group_by: ["stack", "job", "alertname"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "4h",
      routes: [{ receiver: "nobody", matchers: ['alertname="Watchdog"'] }],
    });
    expect(rest.templates).toEqual(["/etc/alertmanager/datastack.tmpl"]);
    expect(alertmanagerNote(args())).toBe("nobody is told of alerts, they are only shown");
  });

  it("tells every receiver of critical alerts and warnings, and nobody of info, unless told otherwise", () => {
    const { route, receivers } = config({ receivers: { ops: RECEIVERS.ops, chat: RECEIVERS.chat } });
    expect(receivers.map(({ name }: { name: string }) => name)).toEqual(["nobody", "chat", "ops"]);
    const told = { critical: 'severity="critical"', warning: 'severity!~"critical|info"' };
    expect(route.routes.slice(1)).toEqual([
      { receiver: "chat", matchers: [told.critical], repeat_interval: "1h", continue: true },
      { receiver: "ops", matchers: [told.critical], repeat_interval: "1h", continue: true },
      { receiver: "chat", matchers: [told.warning], repeat_interval: "4h", continue: true },
      { receiver: "ops", matchers: [told.warning], repeat_interval: "4h", continue: true },
    ]);
  });

  it("has each kind of receiver with its secrets as files", () => {
    const text = (name: string) => `{{ template "datastack.${name}" . }}`;
    expect(config(FULL).receivers).toEqual([
      { name: "nobody" },
      {
        name: "chat",
        slack_configs: [
          {
            api_url_file: "/etc/alertmanager/secrets/chat-url",
            send_resolved: true,
            channel: "#alerts",
            color: text("color"),
            title: text("title"),
            fallback: text("title"),
            text: text("text"),
          },
        ],
      },
      {
        name: "fun",
        discord_configs: [
          {
            webhook_url_file: "/etc/alertmanager/secrets/fun-url",
            send_resolved: false,
            title: text("title"),
            message: text("text"),
          },
        ],
      },
      {
        name: "mail",
        email_configs: [
          {
            to: "ops@example.com, boss@example.com",
            from: "alerts@example.com",
            smarthost: "smtp.example.com:587",
            send_resolved: true,
            auth_username: "alerts",
            auth_password_file: "/etc/alertmanager/secrets/mail-password",
            require_tls: true,
            headers: { Subject: text("title") },
            text: text("text"),
            html: text("html"),
          },
        ],
      },
      {
        name: "ops",
        webhook_configs: [
          {
            url_file: "/etc/alertmanager/secrets/ops-url",
            send_resolved: true,
            http_config: {
              authorization: { type: "Bearer", credentials_file: "/etc/alertmanager/secrets/ops-token" },
            },
          },
        ],
      },
      {
        name: "watchdog",
        webhook_configs: [{ url_file: "/etc/alertmanager/secrets/beat-url", send_resolved: false }],
      },
    ]);
  });

  it("repeats the Watchdog to its own receiver, before anything else, and never says that it is over", () => {
    expect(config(FULL).route.routes[0]).toEqual({
      receiver: "watchdog",
      matchers: ['alertname="Watchdog"'],
      group_wait: "0s",
      group_interval: "30s",
      repeat_interval: "50s",
    });
    expect(alertmanagerNote(args(FULL))).toBe("alerts go to chat, fun, mail, ops; dead man's switch: beat");
  });

  it("is the same text whatever the order of declaration, and another one when something changes", () => {
    const reversed = Object.fromEntries(Object.entries(RECEIVERS).reverse()) as unknown as Receivers;
    const { config: text } = alertmanagerFiles(args({ receivers: RECEIVERS }));
    expect(alertmanagerFiles(args({ receivers: reversed })).config).toBe(text);
    expect(alertmanagerFiles(args({ receivers: RECEIVERS, groupWait: "10s" })).config).not.toBe(text);
    const { ops: _, ...others } = RECEIVERS;
    expect(alertmanagerFiles(args({ receivers: others })).config).not.toBe(text);
  });

  it("groups and inhibits by labels that the alerts of this project have", () => {
    const { route, inhibit_rules: rules } = config();
    const used = new Set([route.group_by, ...rules.map((rule: { equal: string[] }) => rule.equal)].flat());
    // From the series, from Prometheus's external labels, and the alert's own name.
    expect([...used].sort()).toEqual(["alertname", "instance", "job", "stack"]);
    const { config: prometheus } = monitored("docker").files;
    expect(parse(prometheus).global.external_labels).toEqual({ stack: "test" });
    const down = alerts(monitored("docker").collected).find(({ name }) => name === "TargetDown");
    expect(down?.expr).toBe("up == 0");
    expect(alerts(monitored("docker").collected).map(({ name }) => name)).toContain("Watchdog");
  });
});

describe("amtool", () => {
  const files = (more: Partial<AlertmanagerArgs>) => {
    const { config, templates } = alertmanagerFiles(args(more));
    return { "/etc/alertmanager/alertmanager.yml": config, "/etc/alertmanager/datastack.tmpl": templates };
  };
  const check = async (program: string, of: Record<string, string>) =>
    inFolder(of, (at) => runAmtool(program, ["check-config", at("/etc/alertmanager/alertmanager.yml")]));

  it.for([
    ["nothing", {}],
    ["all", { ...FULL, monitoring: monitored("docker").monitoring }],
  ] as const)("takes the configuration with %s", async ([, more], context) => {
    expect(await check(await amtool(context), files(more))).toContain("SUCCESS");
  });

  it("refuses one with a mistake, in the configuration or in the templates", async (context) => {
    const program = await amtool(context);
    const good = files(FULL);
    const broken = good["/etc/alertmanager/alertmanager.yml"].replace("receiver: watchdog", "receiver: somebody");
    await expect(check(program, { ...good, "/etc/alertmanager/alertmanager.yml": broken })).rejects.toThrow("somebody");
    const unclosed = good["/etc/alertmanager/datastack.tmpl"].replace("{{ end }}", "");
    await expect(check(program, { ...good, "/etc/alertmanager/datastack.tmpl": unclosed })).rejects.toThrow("FAILED");
  });

  it.for([
    ["a critical alert goes to all of its receivers", "severity=critical alertname=X", "chat,mail,ops"],
    ["a warning", "severity=warning alertname=X", "chat"],
    ["an alert without a known severity counts as a warning", "severity=major alertname=X", "chat"],
    ["info", "severity=info alertname=X", "fun"],
    ["the Watchdog", "severity=info alertname=Watchdog", "watchdog"],
  ])("routes: %s", async ([, labels = "", expected], context) => {
    const program = await amtool(context);
    const routed = await inFolder(files(FULL), (at) =>
      runAmtool(program, [
        "config",
        "routes",
        "test",
        `--config.file=${at("/etc/alertmanager/alertmanager.yml")}`,
        ...labels.split(" "),
      ]),
    );
    expect(routed.trim()).toBe(expected);
  });

  it("writes what people read: what is wrong, since when, and the runbook", async (context) => {
    const program = await amtool(context);
    const render = (name: string, data: unknown) =>
      inFolder({ "/t.tmpl": alertmanagerFiles(args()).templates, "/data.json": JSON.stringify(data) }, (at) =>
        runAmtool(program, [
          "template",
          "render",
          `--template.glob=${at("/t.tmpl")}`,
          `--template.data=${at("/data.json")}`,
          `--template.text={{ template "datastack.${name}" . }}`,
        ]),
      );
    const alert = (status: string) => ({
      status,
      labels: { alertname: "TargetDown", severity: "critical", stack: "dev" },
      annotations: {
        summary: "kafka: kafka-0 is down",
        description: "It does not answer.",
        runbook_url: "https://r/x.md",
      },
      startsAt: "2026-01-02T03:04:05Z",
      endsAt: "2026-01-02T04:05:06Z",
    });
    const labels = { severity: "critical", stack: "dev" };
    const groupLabels = { alertname: "TargetDown" };
    const data = { status: "firing", commonLabels: labels, groupLabels, alerts: [alert("firing"), alert("resolved")] };
    expect(await render("title", data)).toContain("[CRITICAL] dev: TargetDown (2)");
    const text = await render("text", data);
    expect(text).toContain(
      "kafka: kafka-0 is down\nIt does not answer.\nSince 2026-01-02 03:04 UTC\nRunbook: https://r/x.md",
    );
    expect(text).toContain("Resolved at 2026-01-02 04:05 UTC: kafka: kafka-0 is down");
    expect((await render("color", data)).trim()).toBe("danger");
    const resolved = { ...data, status: "resolved", alerts: [alert("resolved")] };
    expect(await render("title", resolved)).toContain("[RESOLVED] dev: TargetDown");
    expect((await render("color", resolved)).trim()).toBe("good");
  });
});

describe("Alertmanager", () => {
  it("runs alone, not as root, with its state on a volume", () => {
    expect(service(FULL)).toMatchObject({
      command: ["/bin/alertmanager"],
      args: [
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
        "--web.listen-address=:9093",
        "--cluster.listen-address=",
        "--enable-feature=receiver-name-in-metrics",
        "--web.external-url=http://127.0.0.1:9093",
        "--log.format=json",
      ],
      volumes: [{ name: "data", path: "/alertmanager", size: "1Gi" }],
      ports: { http: { port: 9093, publish: { host: 9093 } } },
      identity: "stable",
    });
    expect(images.alertmanager.user.uid).toBe(65534);
    expect(target.check([Alertmanager.plan("alertmanager", args(FULL))])).toEqual([]);
  });

  it("has the secrets of those whom it tells, and of nobody else", () => {
    const paths = (more: Partial<AlertmanagerArgs>) =>
      service(more)?.files?.flatMap(({ path, secret }) => (secret ? [path.replace(/.*\//, "")] : []));
    expect(paths(FULL)).toEqual(["beat-url", "chat-url", "fun-url", "mail-password", "ops-url", "ops-token"]);
    expect(paths({})).toEqual([]);
  });

  it.each([
    ["Docker", () => new DockerTarget({ stack: "test" })],
    ["Kubernetes", () => new KubernetesTarget({ stack: "test" })],
  ])("shows no secret outside of the files, on %s", async (kind, make) => {
    const { publish: _, ...rest } = FULL;
    const recording = await record(() => void new Alertmanager("alertmanager", args({ ...rest, target: make() })));
    expect(findLeaks(recording, SECRETS)).toEqual([]);
    if (kind === "Docker") {
      const container = one(recording, CONTAINER, "alertmanager-0");
      const uploads = at<{ file: string; content: string }[]>(container, "uploads");
      const index = uploads.findIndex(({ file }) => file.endsWith("/ops-url"));
      expect(at(container, `uploads[${index}].content`)).toBe(RECEIVERS.ops.url);
      expect(isSecret(container, `uploads[${index}].content`)).toBe(true);
    } else {
      const secret = one(recording, kubernetes("core/v1", "Secret"), "alertmanager-secrets");
      const data = plain(secret.inputs) as { data: Record<string, string> };
      const token = data.data["etc_alertmanager_secrets_ops-token"] ?? "";
      expect(Buffer.from(token, "base64").toString()).toBe("bbbb-2222-bbbb");
    }
  });

  it("is let out on Kubernetes to its receivers' ports, and where it is told, to their addresses alone", () => {
    const needs = service({
      ...FULL,
      receivers: {
        ...RECEIVERS,
        ops: { ...RECEIVERS.ops, cidrs: ["10.1.2.0/24"], port: 8443 },
        beat: { ...RECEIVERS.beat, to: Alertmanager.connection("other", args()) },
      },
    })?.needs;
    const reached = needs?.map(({ to: { id, port, peer } }) => ({ id, port, peer }));
    const everywhere = { cidrs: ["0.0.0.0/0", "::/0"] };
    expect(reached).toEqual([
      { id: "other", port: 9093, peer: { workload: "other" } },
      { id: "chat", port: 443, peer: everywhere },
      { id: "fun", port: 443, peer: everywhere },
      { id: "mail", port: 587, peer: everywhere },
      { id: "ops", port: 8443, peer: { cidrs: ["10.1.2.0/24"] } },
    ]);
    const kubernetesTarget = new KubernetesTarget({ stack: "test" });
    const { publish: _, ...rest } = FULL;
    expect(
      kubernetesTarget.check([Alertmanager.plan("alertmanager", args({ ...rest, target: kubernetesTarget }))]),
    ).toEqual([]);
  });

  it("is what Prometheus sends to", () => {
    const connection = Alertmanager.connection("alertmanager", args());
    expect(connection).toMatchObject({ kind: "alertmanager", endpoints: ["alertmanager:9093"] });
  });
});

describe("what is refused", () => {
  const ops = RECEIVERS.ops;
  const missing = "is a secret that the receiver needs, and it is empty";

  it.each<[string, Partial<AlertmanagerArgs>, string]>([
    ["no secret", { receivers: { ops: { ...ops, url: "" } } }, `receivers.ops.url: ${missing}`],
    ["no secret at all", { receivers: { ops: { kind: "slack" } as never } }, `receivers.ops.url: ${missing}`],
    ["an empty token", { receivers: { ops: { ...ops, token: "" } } }, `receivers.ops.token: ${missing}`],
    [
      "a login without a password",
      { receivers: { ops: { ...RECEIVERS.mail, login: { user: "alerts", password: "" } } } },
      `receivers.ops.login.password: ${missing}`,
    ],
    ["no address", { receivers: { ops: { ...ops, url: "ops.example.com" } } }, "receivers.ops.url: must be an address"],
    ["a line feed", { receivers: { ops: { ...ops, url: "https://x/\n" } } }, "receivers.ops.url: must be an address"],
    [
      "a password",
      { receivers: { ops: { ...ops, url: { generated: "x" } } } },
      "receivers.ops.url: must be an address",
    ],
    [
      "another kind",
      { receivers: { ops: { kind: "pager" } as never } },
      'receivers.ops.kind = "pager": must be one of',
    ],
    ["our own name", { receivers: { nobody: ops } }, "receivers.nobody: is a name that this component uses itself"],
    ["an unknown receiver", { receivers: { ops }, routes: { critical: ["oops"] } }, 'routes.critical[0] = "oops"'],
    ["a receiver twice", { receivers: { ops }, routes: { critical: ["ops", "ops"] } }, "is there twice"],
    ["critical forgotten", { receivers: { ops }, routes: { critical: [] } }, "routes.critical: must name a receiver"],
    [
      "one told of nothing",
      { receivers: { ops, b: ops }, routes: { critical: ["ops"], warning: [] } },
      "receivers.b: is",
    ],
    [
      "the watchdog the only one to be told",
      { receivers: { ops }, watchdog: { receiver: "ops" } },
      'watchdog.receiver = "ops": is the only receiver, and the watchdog\'s is told of no alerts, so that nobody would be',
    ],
    ["the watchdog unknown", { receivers: { ops }, watchdog: { receiver: "x" } }, 'watchdog.receiver = "x"'],
    [
      "the watchdog too slow",
      { receivers: { ops }, routes: { critical: ["ops"] }, watchdog: { receiver: "ops", every: "1h" } },
      'watchdog.every = "1h": must be from 1m to 15m',
    ],
    ["repeats before the group", { repeat: { critical: "1m" } }, 'repeat.critical = "1m": must be at least the group'],
    ["repeats after it forgot", { repeat: { info: "200h" } }, "must be at most 120h"],
    ["a bad duration", { groupWait: "half a minute" as never }, "groupWait"],
    ["a bad address", { url: "alerts.example.com" }, 'url = "alerts.example.com"'],
    ["a mail server without a port", { receivers: { ops: { ...RECEIVERS.mail, server: "smtp" as never } } }, ".server"],
    ["a mail address", { receivers: { ops: { ...RECEIVERS.mail, to: ["ops"] } } }, 'receivers.ops.to[0] = "ops"'],
    ["nobody in the mail", { receivers: { ops: { ...RECEIVERS.mail, to: [] } } }, "receivers.ops.to: must name"],
  ])("%s", (_, more, expected) => {
    const found = problems(more);
    expect(found.join("\n")).toContain(expected);
    for (const secret of SECRETS) expect(found.join("\n")).not.toContain(secret);
  });

  it("what is right is not refused: everything, text around a secret, a relay without login", () => {
    const url = secretText`https://x/${{ secret: { generated: "hook" }, as: "url" }}`;
    const { login: _, ...relay } = RECEIVERS.mail;
    expect(problems(FULL)).toEqual([]);
    expect(problems({ receivers: { ops: { ...ops, url }, mail: relay } })).toEqual([]);
  });

  it("a secret that is known only later is checked then, and not shown", async () => {
    const receivers = { ops: { ...ops, url: pulumi.secret("ftp://x/aaaa-1111") } };
    expect(problems({ receivers })).toEqual([]);
    const run = record(
      () => void new Alertmanager("alertmanager", args({ receivers, target: new DockerTarget({ stack: "test" }) })),
    );
    const error = await run.then(
      () => undefined,
      (reason: unknown) => String(reason),
    );
    expect(error).toContain("alertmanager.receivers.ops.url: must be an address");
    expect(error).not.toContain("aaaa");
  });
});
