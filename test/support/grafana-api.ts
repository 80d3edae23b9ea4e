import * as http from "node:http";
import type { AddressInfo } from "node:net";

interface Folder {
  readonly uid: string;
  readonly title: string;
  readonly parentUid?: string;
}

interface Saved {
  readonly dashboard: Readonly<Record<string, unknown>> & { readonly uid: string; readonly id: number };
  readonly folderUid: string;
  readonly provisioned: boolean;
  readonly message: string;
  /** Saved by the second schema, `v2`, with this resource version. */
  readonly newer?: number;
}

/**
 * A stub of the parts of Grafana's HTTP API that its backup uses, for want of Grafana itself: it cannot be had where these tests run.
 * Routes, statuses and rules are those of the documentation and sources of Grafana 13: a number of another database is refused, so is a
 * folder that is not there, and whoever saves over a provisioned dashboard.
 */
export class GrafanaStub {
  readonly folders = new Map<string, Folder>();
  readonly dashboards = new Map<string, Saved>();
  readonly requests: string[] = [];
  password = "the-password";
  /** Answered to everything, in place of an answer. */
  broken: { status: number; body: string } | undefined;
  /** Uid of a dashboard whose answer ends in the middle. */
  cut: string | undefined;
  /** Dashboards a page of a search has at most, whatever is asked for. */
  pageSize = 2;
  #ids = 40;
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { status, body } = this.#understood(request, Buffer.concat(chunks).toString());
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** As a person saves it, or the stack provisions it. */
  save(dashboard: { uid: string; [key: string]: unknown }, folderUid = "", provisioned = false, message = ""): void {
    const id = this.dashboards.get(dashboard.uid)?.dashboard.id ?? ++this.#ids;
    this.dashboards.set(dashboard.uid, { dashboard: { ...dashboard, id }, folderUid, provisioned, message });
  }

  /** As the browser of Grafana 13 saves a dashboard. */
  saveNewer(uid: string, spec: Readonly<Record<string, unknown>>, folderUid = "", message = ""): void {
    this.save({ uid, ...spec }, folderUid, false, message);
    const saved = this.dashboards.get(uid);
    if (saved) this.dashboards.set(uid, { ...saved, newer: ++this.#ids });
  }

  folder(uid: string, title: string, parentUid?: string): void {
    this.folders.set(uid, { uid, title, ...(parentUid ? { parentUid } : {}) });
  }

  #understood(request: http.IncomingMessage, body: string): { status: number; body: unknown } {
    try {
      return this.#answer(request, body);
    } catch (error) {
      if (error instanceof SyntaxError) return said(400, `bad request data: ${error.message}`);
      throw error;
    }
  }

  #answer(request: http.IncomingMessage, body: string): { status: number; body: unknown } {
    const url = new URL(request.url ?? "/", "http://grafana");
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (this.broken) return this.broken;
    const login = Buffer.from(request.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
    if (login !== `admin:${this.password}`) return said(401, "Invalid username or password");
    if (url.pathname.startsWith(NEWER)) return this.#newer(request.method, url.pathname.slice(NEWER.length + 1), body);
    const [, route = "", uid = ""] = /^(.*?)(?:\/uid)?\/([^/]*)$/.exec(url.pathname) ?? [];
    if (request.method === "POST") {
      const sent = JSON.parse(body);
      return url.pathname === "/api/folders" ? this.#makeFolder(sent) : this.#saveDashboard(sent);
    }
    if (url.pathname === "/api/org") return { status: 200, body: { id: 1, name: "Main Org." } };
    if (url.pathname === "/api/search") return this.#search(url.searchParams);
    if (route === "/api/folders") {
      const folder = this.folders.get(uid);
      return folder ? { status: 200, body: { id: 3, orgId: 1, ...folder, version: 1 } } : said(404, "folder not found");
    }
    const saved = this.dashboards.get(uid);
    if (!saved) return said(404, "Dashboard not found");
    const { dashboard, folderUid, provisioned, newer } = saved;
    if (newer) return said(406, `dashboard api version not supported, use ${NEWER}/${uid} instead`);
    const meta = {
      type: "db",
      slug: "{a}",
      folderUid,
      provisioned,
      provisionedExternalId: provisioned ? "x.json" : "",
    };
    const whole = { meta, dashboard };
    return { status: 200, body: uid === this.cut ? JSON.stringify(whole).slice(0, -5) : whole };
  }

  #newer(method: string | undefined, uid: string, body: string): { status: number; body: unknown } {
    const saved = this.dashboards.get(uid);
    if (method === "GET") {
      if (!saved?.newer) return said(404, "not found");
      const { uid: name, id: _, ...spec } = saved.dashboard;
      const annotations = { "grafana.app/createdBy": "user:1", "grafana.app/folder": saved.folderUid };
      const metadata = { name, namespace: "default", resourceVersion: String(saved.newer), annotations };
      return { status: 200, body: { kind: "Dashboard", apiVersion: "dashboard.grafana.app/v2", metadata, spec } };
    }
    const { metadata, spec, apiVersion } = JSON.parse(body);
    if (apiVersion !== "dashboard.grafana.app/v2") return said(400, "the API version in the data does not match");
    if (method === "POST" && this.dashboards.has(metadata.name)) return said(409, "already exists");
    if (method === "PUT" && metadata.resourceVersion !== String(saved?.newer)) return said(409, "has been modified");
    const { "grafana.app/folder": folder = "", "grafana.app/message": message } = metadata.annotations;
    if (folder && !this.folders.has(folder)) return said(400, "folder not found");
    this.saveNewer(metadata.name, spec, folder, message);
    return { status: method === "POST" ? 201 : 200, body: {} };
  }

  #search(query: URLSearchParams) {
    const page = Number(query.get("page"));
    const all =
      query.get("type") === "dash-folder"
        ? [...this.folders.values()].map(({ uid, title, parentUid }) => hit(uid, title, "dash-folder", parentUid))
        : [...this.dashboards.values()].map(({ dashboard, folderUid }) =>
            hit(dashboard.uid, String(dashboard.title), "dash-db", folderUid),
          );
    const size = Math.min(Number(query.get("limit")), this.pageSize);
    return { status: 200, body: all.slice((page - 1) * size, page * size) };
  }

  #makeFolder({ uid, title, parentUid }: Folder) {
    if (this.folders.has(uid)) return said(412, "the folder has been changed by someone else");
    if (parentUid && !this.folders.has(parentUid)) return said(400, "parent folder not found");
    this.folder(uid, title, parentUid);
    return { status: 200, body: { id: 5, uid, title } };
  }

  #saveDashboard(sent: { dashboard: Saved["dashboard"]; folderUid?: string; overwrite?: boolean; message?: string }) {
    const { dashboard, folderUid = "", overwrite, message = "" } = sent;
    const before = this.dashboards.get(dashboard.uid);
    if (before?.provisioned) return said(400, "Cannot save provisioned dashboard");
    if (dashboard.id !== null && dashboard.id !== before?.dashboard.id) return said(404, "Dashboard not found");
    if (folderUid && !this.folders.has(folderUid)) return said(400, "folder not found");
    if (before && !overwrite) return said(412, "The dashboard has been changed by someone else");
    this.save(dashboard, folderUid, false, message);
    return { status: 200, body: { status: "success", uid: dashboard.uid, version: 2 } };
  }
}

const NEWER = "/apis/dashboard.grafana.app/v2/namespaces/default/dashboards";

function hit(uid: string, title: string, type: string, folderUid?: string) {
  return { id: 7, orgId: 1, uid, title, uri: `db/${uid}`, type, tags: ["uid"], ...(folderUid ? { folderUid } : {}) };
}

function said(status: number, message: string) {
  return { status, body: { message } };
}
