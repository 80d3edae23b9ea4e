import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Alertmanager } from "../../components/alertmanager";
import { Blueprint } from "../../components/core/blueprint";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { Grafana, type GrafanaArgs, grafanaFiles, grafanaNote } from "../../components/grafana";
import type { Dashboard } from "../../components/monitoring/dashboard";
import { Prometheus } from "../../components/prometheus";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { at, CONTAINER, isSecret, one, PASSWORD, plain, record } from "../support/record";
import { findLeaks, secretsOf } from "../support/taint";

const target = new DockerTarget({ stack: "test" });
const images = imageCatalogue();
const prometheus = Prometheus.connection("prometheus", { target, images, monitoring: [] });
const alertmanager = Alertmanager.connection("alertmanager", { target, images });

const orders: Dashboard = {
  uid: "orders",
  title: "Orders",
  description: "How many come in?",
  folder: "My shop",
  variables: [],
  rows: [
    {
      title: "Orders",
      panels: [
        {
          kind: "stat",
          title: "Orders",
          description: "Since midnight.",
          unit: "count",
          queries: [{ expr: "sum(orders_total)", legend: "orders" }],
        },
      ],
    },
  ],
};

const args = (more: Partial<GrafanaArgs> = {}): GrafanaArgs => ({
  target,
  images,
  monitoring: [],
  prometheus,
  ...more,
});
const file = (end: string, more: Partial<GrafanaArgs> = {}): string =>
  grafanaFiles(args(more)).find(({ path }) => path.endsWith(end))?.content ?? "";
const problems = (more: Partial<GrafanaArgs>) => Grafana.validate("grafana", args(more)).map(formatProblem);

describe("grafana.ini", () => {
  it("has its secrets as files, and nothing open, nothing that calls home", () => {
    expect(file("grafana.ini", { publish: { port: 3001 } })).toBe(`[paths]
data = /var/lib/grafana
logs = /var/log/grafana
plugins = /var/lib/grafana/plugins
provisioning = /etc/grafana/provisioning

[server]
protocol = http
http_port = 3000
domain = 127.0.0.1
root_url = http://127.0.0.1:3001/
serve_from_sub_path = false
enable_gzip = true

[database]
type = sqlite3
path = grafana.db
wal = true

[log]
mode = console
level = info

[log.console]
format = json

[metrics]
enabled = true

[security]
admin_user = admin
admin_password = $__file{/etc/grafana/secrets/admin-password}
secret_key = $__file{/var/lib/grafana/secret-key}
cookie_secure = false
cookie_samesite = lax
strict_transport_security = false
content_security_policy = true
x_content_type_options = true
x_xss_protection = true
allow_embedding = false
disable_brute_force_login_protection = false
disable_gravatar = true

[users]
allow_sign_up = false
allow_org_create = false
auto_assign_org_role = Viewer
viewers_can_edit = false

[auth]
disable_login_form = false

[auth.anonymous]
enabled = false

[auth.basic]
enabled = true

[public_dashboards]
enabled = false

[snapshots]
enabled = false
external_enabled = false

[analytics]
enabled = false
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false
feedback_links_enabled = false

[news]
news_feed_enabled = false

[plugins]
plugin_admin_enabled = false
preinstall_disabled = true
preinstall_auto_update = false
public_key_retrieval_disabled = true

[dashboards]
versions_to_keep = 20
min_refresh_interval = 5s
default_home_dashboard_path = /etc/grafana/dashboards/stack/datastack-overview.json
`);
  });

  it("behind a proxy with a certificate has secure cookies, and knows its path", () => {
    const ini = file("grafana.ini", { url: "https://example.com/grafana" });
    expect(ini).toContain("domain = example.com\nroot_url = https://example.com/grafana/\nserve_from_sub_path = true");
    expect(ini).toContain("cookie_secure = true");
    expect(ini).toContain("strict_transport_security = true");
  });
});

describe("provisioning", () => {
  it("names data sources by fixed uids, read-only, and removes what is no longer declared", () => {
    const common = { access: "proxy", orgId: 1, editable: false };
    const jsonData = { httpMethod: "POST", prometheusType: "Prometheus", timeInterval: "15s", manageAlerts: false };
    const main = { name: "Prometheus", uid: "prometheus", type: "prometheus", url: "http://prometheus:9090" };
    expect(parse(file("datasources/datastack.yml"))).toEqual({
      apiVersion: 1,
      prune: true,
      datasources: [{ ...main, ...common, isDefault: true, jsonData }],
    });
    const both = parse(file("datasources/datastack.yml", { alertmanager, scrapeInterval: "30s" }));
    expect(both.datasources).toEqual([
      {
        ...main,
        ...common,
        isDefault: true,
        jsonData: { ...jsonData, timeInterval: "30s", alertmanagerUid: "alertmanager" },
      },
      {
        name: "Alertmanager",
        uid: "alertmanager",
        type: "alertmanager",
        url: "http://alertmanager:9093",
        ...common,
        isDefault: false,
        jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
      },
    ]);
  });

  it("has a provider for each folder, and one without dashboards for people's own", () => {
    const { apiVersion, providers } = parse(file("dashboards/datastack.yml", { dashboards: [orders] }));
    const common = {
      orgId: 1,
      type: "file",
      allowUiUpdates: false,
      disableDeletion: false,
      updateIntervalSeconds: 300,
    };
    const provider = (name: string, folder: string, folderUid: string) => ({
      name,
      folder,
      folderUid,
      ...common,
      options: { path: `/etc/grafana/dashboards/${name}` },
    });
    expect(apiVersion).toBe(1);
    expect(providers).toEqual([
      provider("my-shop", "My shop", "datastack-my-shop"),
      provider("stack", "Stack", "datastack-stack"),
      provider("own", "Own dashboards", "own"),
    ]);
    const paths = grafanaFiles(args({ dashboards: [orders] })).map((f) => f.path);
    for (const { options } of providers) expect(paths.some((p) => p.startsWith(`${options.path}/`))).toBe(true);
    expect(paths.filter((p) => p.endsWith(".json"))).toEqual([
      "/etc/grafana/dashboards/my-shop/orders.json",
      "/etc/grafana/dashboards/stack/datastack-overview.json",
    ]);
    expect(JSON.parse(file("/orders.json", { dashboards: [orders] }))).toMatchObject({
      id: null,
      uid: "orders",
      editable: false,
    });
  });

  it("shows equal dashboards of two components once, and an overview of one's own in place of ours", () => {
    const monitoring = [1, 2].map(() => ({ targets: [], rules: [], dashboards: [orders] }));
    const jsons = (more: Partial<GrafanaArgs>) => grafanaFiles(args(more)).filter(({ path }) => path.endsWith(".json"));
    expect(jsons({ monitoring })).toHaveLength(2);
    const mine = { ...orders, uid: "datastack-overview", folder: "Mine" };
    expect(jsons({ dashboards: [mine] }).map(({ path }) => path)).toEqual([
      "/etc/grafana/dashboards/mine/datastack-overview.json",
    ]);
    expect(file("grafana.ini", { dashboards: [mine] })).toContain(
      "/etc/grafana/dashboards/mine/datastack-overview.json",
    );
  });

  it("is the same bytes again", () => {
    expect(grafanaFiles(args({ dashboards: [orders], alertmanager }))).toEqual(
      grafanaFiles(args({ alertmanager, dashboards: [structuredClone(orders)] })),
    );
  });
});

describe("the start script", () => {
  /** Runs it with a `grafana` that says how it was called, in a folder instead of the container's root. */
  function start(
    before: Readonly<Record<string, string>> = {},
    cli = "cat > %/stdin; echo Admin password changed successfully",
  ) {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "grafana-"));
    const lay = (name: string, content: string) => {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), content, { mode: 0o755 });
    };
    const calls = `#!/bin/sh\necho "$*" >> ${root}/calls\n[ "$1" != cli ] || { ${cli.replaceAll("%", root)}; }\n`;
    lay("usr/share/grafana/bin/grafana", calls);
    lay("etc/grafana/secrets/admin-password", "the-password");
    fs.mkdirSync(path.join(root, "var/lib/grafana"), { recursive: true });
    for (const [name, content] of Object.entries(before)) lay(`var/lib/grafana/${name}`, content);
    const script = file("start-grafana.sh").replaceAll(/\/(usr\/share|var\/lib|etc)\/grafana/g, `${root}$&`);
    const read = (name: string) => {
      const at = path.join(root, name);
      return fs.existsSync(at) ? fs.readFileSync(at, "utf8").replaceAll(root, "") : undefined;
    };
    try {
      let failed: string | undefined;
      try {
        execFileSync("/bin/sh", ["-c", script], { stdio: "pipe" });
      } catch (error) {
        failed = String((error as { stderr: Buffer }).stderr);
      }
      return { failed, calls: read("calls"), stdin: read("stdin"), key: read("var/lib/grafana/secret-key"), root };
    } finally {
      fs.rmSync(root, { recursive: true });
    }
  }
  const options = "/usr/share/grafana --config /etc/grafana/grafana.ini";
  const server = "server --homepath=/usr/share/grafana --config=/etc/grafana/grafana.ini --packaging=docker\n";

  it("leaves the first password to Grafana, and makes a key of its own for each volume", () => {
    const first = start();
    expect(first.calls).toBe(server);
    expect(first.failed).toBeUndefined();
    expect(first.key).toMatch(/^[0-9a-f]{64}$/);
    expect(start().key).not.toBe(first.key);
  });

  it("sets the password in a database that is there, over standard input, and keeps the key", () => {
    const again = start({ "grafana.db": "x", "secret-key": "kept" });
    expect(again.calls).toBe(`cli --homepath ${options} admin reset-admin-password --password-from-stdin\n${server}`);
    expect(again.stdin).toBe("the-password");
    expect(again.key).toBe("kept");
  });

  it("does not start with the password of before", () => {
    for (const cli of ["echo database is locked; exit 1", "echo database is locked"]) {
      const refused = start({ "grafana.db": "x", "secret-key": "kept" }, cli);
      expect(refused.calls).not.toContain("server");
      expect(refused.failed).toContain("database is locked\ndatastack: the password of admin could not be set");
    }
  });
});

describe("Grafana", () => {
  it("has one generated password, which is in a file and nowhere else", async () => {
    const recording = await record(
      () => void new Grafana("grafana", args({ target: new DockerTarget({ stack: "test" }) })),
    );
    const { result } = plain(one(recording, PASSWORD, "grafana-admin").result.properties) as { result: string };
    expect(secretsOf(recording)).toContain(result);
    expect(findLeaks(recording)).toEqual([]);
    const container = one(recording, CONTAINER, "grafana-0");
    const uploads = at<{ file: string; content: string }[]>(container, "uploads");
    const index = uploads.findIndex((upload) => upload.file === "/etc/grafana/secrets/admin-password");
    expect(uploads[index]?.content).toBe(result);
    expect(isSecret(container, `uploads[${index}].content`)).toBe(true);
    expect(at(container, "user")).toBe("472:0");
    expect(Grafana.connection("grafana", args()).credentials).toEqual({
      admin: { user: "admin", password: { generated: "grafana-admin" } },
    });
  });

  it("runs on both targets", () => {
    const kubernetes = new KubernetesTarget({ stack: "test" });
    const plan = (of: GrafanaArgs) => Grafana.plan("grafana", of);
    expect(target.check([plan(args({ alertmanager, publish: { port: 3000 } }))])).toEqual([]);
    expect(kubernetes.check([plan(args({ target: kubernetes }))])).toEqual([]);
    expect(plan(args({ alertmanager })).services?.[0]?.needs?.map(({ to, start }) => [to.id, start])).toEqual([
      ["prometheus", undefined],
      ["alertmanager", undefined],
    ]);
  });

  it("is checked where it is left out, and neither runs nor is watched", () => {
    const blueprint = new Blueprint(new DockerTarget({ stack: "test" }));
    const { monitoring } = blueprint.add(Grafana, "grafana", {
      images,
      monitoring: blueprint.monitoring,
      prometheus,
      deploy: false,
    });
    expect(blueprint.validate()).toEqual([]);
    expect(blueprint.plans()).toEqual([{}]);
    expect(monitoring).toEqual({ targets: [], rules: [] });
    const note = grafanaNote(args({ deploy: false, dashboards: [orders] }));
    expect(note).toBe(
      "left out: there is no image of it here; its configuration and 2 dashboards are generated and checked",
    );
    expect(problems({ deploy: false, dashboards: [{ ...orders, title: "" }] })).not.toEqual([]);
    expect(grafanaNote(args({ dashboards: [orders] }))).toBe("2 dashboards; user admin");
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<GrafanaArgs>, string]>([
    ["another server", { prometheus: alertmanager }, 'prometheus = "alertmanager": must be the connection of a server'],
    ["and the other way round", { alertmanager: prometheus }, 'alertmanager = "prometheus": must be the connection'],
    ["two dashboards with one uid", { dashboards: [orders, { ...orders, title: "Other" }] }, "dashboards.uid"],
    [
      "a panel without a unit",
      {
        dashboards: [
          {
            ...orders,
            rows: orders.rows.map((row) => ({
              ...row,
              panels: row.panels.map((panel) => ({ ...panel, unit: undefined }) as never),
            })),
          },
        ],
      },
      "dashboards.orders.Orders.unit: must be given",
    ],
    ["people's folder", { dashboards: [{ ...orders, folder: "Own dashboards" }] }, "dashboards.folder"],
    ["a folder without letters", { dashboards: [{ ...orders, folder: "…" }] }, "must have 1 to 30 letters and digits"],
    [
      "folders that differ in signs",
      { dashboards: [orders, { ...orders, uid: "b", folder: "My-shop" }] },
      'dashboards.folder = "My-shop": differs from "My shop" only in signs',
    ],
    ["an address without a scheme", { url: "grafana.example.com" }, 'url = "grafana.example.com"'],
    ["a bad size", { storage: { size: "1GB" as never } }, 'storage.size = "1GB"'],
    ["a bad port", { publish: { port: 0 } }, "publish.port = 0"],
    ["an unknown alert", { alerts: { GrafanaDown: false } as never }, "alerts.GrafanaDown"],
    [
      "a dashboard that no object can hold",
      { dashboards: [{ ...orders, description: "x".repeat(1_000_001) }] },
      "must have at most 1000000 bytes as a file",
    ],
  ])("%s", (_, more, expected) => {
    expect(problems(more).join("\n")).toContain(expected);
  });
});
