import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IMAGES } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { pinnedImages } from "../../stacks/images-lock";
import { UserError } from "../../tools/core/errors";
import { pin, writeLock } from "../../tools/images/pin";
import { digestOf, placeOf } from "../../tools/images/registry";

const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** Speaks as much of the distribution API as reading a manifest takes, and gives its token to everybody. */
class StubRegistry {
  readonly #server = http.createServer((request, response) => this.#answer(request, response));
  /** By `repository:tag`. */
  readonly manifests = new Map<string, string>();
  readonly accepted: string[] = [];
  lie: string | undefined;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? "", `http://${request.headers.host}`);
    if (url.pathname === "/token") {
      const scope = `${url.searchParams.get("service")} ${url.searchParams.get("scope")}`;
      response.end(JSON.stringify({ token: Buffer.from(scope).toString("base64url") }));
      return;
    }
    const [, repository = "", tag = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url.pathname) ?? [];
    const token = Buffer.from(`stub repository:${repository}:pull`).toString("base64url");
    if (request.headers.authorization !== `Bearer ${token}`) {
      const realm = `Bearer realm="http://${request.headers.host}/token",service="stub",scope="repository:${repository}:pull"`;
      response.writeHead(401, { "WWW-Authenticate": realm }).end();
      return;
    }
    this.accepted.push(request.headers.accept ?? "");
    const manifest = this.manifests.get(`${repository}:${tag}`);
    if (manifest === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Docker-Content-Digest": this.lie ?? sha256(manifest) }).end(manifest);
  }
}

let registry: StubRegistry;
let host: string;
let folder: string;
beforeEach(async () => {
  registry = new StubRegistry();
  host = await registry.start();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-pin-"));
});
afterEach(async () => {
  await registry.stop();
  fs.rmSync(folder, { recursive: true });
});

async function refused(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe("npm run images:pin", () => {
  it("asks the registry for what a tag is now, of all platforms, with the token that everybody gets", async () => {
    registry.manifests.set("prom/prometheus:v3", '{"manifests":[]}');
    expect(await digestOf(`${host}/prom/prometheus:v3`)).toBe(sha256('{"manifests":[]}'));
    expect(registry.accepted[0]).toMatch(/^application\/vnd\.oci\.image\.index\.v1\+json, /);
  });

  it("reads references as Docker does", () => {
    expect(placeOf("docker.io/prom/prometheus:v3")).toEqual({
      host: "registry-1.docker.io",
      repository: "prom/prometheus",
      tag: "v3",
    });
    expect(placeOf("redis:8")).toEqual({ host: "registry-1.docker.io", repository: "library/redis", tag: "8" });
    expect(placeOf("quay.io/strimzi/kafka:1")).toEqual({ host: "quay.io", repository: "strimzi/kafka", tag: "1" });
    expect(placeOf("localhost:5000/a/b/c:1")).toEqual({ host: "localhost:5000", repository: "a/b/c", tag: "1" });
  });

  it("writes all digests, and says what changed", async () => {
    registry.manifests.set("prom/prometheus:v3", "one").set("library/redis:8", "two");
    const references = { prometheus: `${host}/prom/prometheus:v3`, redis: `${host}/library/redis:8` };
    const file = path.join(folder, "images.lock.json");
    expect(writeLock(file, await pin(references))).toEqual([
      `prometheus: ${references.prometheus}@${sha256("one")}`,
      `redis: ${references.redis}@${sha256("two")}`,
    ]);
    const text = fs.readFileSync(file, "utf8");
    expect(writeLock(file, await pin(references))).toEqual([]);
    expect(fs.readFileSync(file, "utf8")).toBe(text);
    registry.manifests.set("prom/prometheus:v3", "moved");
    expect(writeLock(file, await pin({ prometheus: references.prometheus }))).toEqual([
      `prometheus: ${references.prometheus}@${sha256("moved")} (was ${sha256("one")})`,
      "redis: no longer in the catalogue",
    ]);
  });

  it("pins nothing when one image has no digest, and names each that has none", async () => {
    registry.manifests.set("library/redis:8", "two");
    const references = { redis: `${host}/library/redis:8`, gone: `${host}/gone:1`, lost: "127.0.0.1:9/lost:1" };
    const message = await refused(pin(references));
    expect(message).toMatch(/^images\.lock\.json was left as it is: not every image has a digest\.\n/);
    expect(message).toContain(`${host}/gone:1: ${host} answered 404 Not Found.`);
    expect(message).toContain("127.0.0.1:9 does not answer");
  });

  it("says what to do where no registry answers", async () => {
    const message = await refused(pin({ a: "127.0.0.1:9/a:1", b: "127.0.0.1:9/b:1" }));
    const lines = message.split("\n");
    expect(lines[0]).toBe("No registry answers, so nothing can be pinned; images.lock.json was left as it is.");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe("Run it where the registries can be reached, and commit the file: it is used everywhere.");
  });

  it("does not believe a registry that sends something else than it says", async () => {
    registry.manifests.set("library/redis:8", "two");
    registry.lie = sha256("other");
    await expect(digestOf(`${host}/library/redis:8`)).rejects.toThrow(
      `says that its digest is ${sha256("other")}, and it is ${sha256("two")}.`,
    );
  });
});

describe("images.lock.json", () => {
  const digest = sha256("x");
  const complete = () =>
    Object.fromEntries(
      Object.entries(IMAGES).flatMap(([name, { registry: reference }]) =>
        reference ? [[name, { reference, digest }]] : [],
      ),
    );
  const read = (content: unknown) => {
    const file = path.join(folder, "images.lock.json");
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return pinnedImages(file);
  };

  it("gives every image of a registry its digest", () => {
    const { images, problems } = read(complete());
    expect(problems).toEqual([]);
    expect(images.prometheus).toBe(`${IMAGES.prometheus.registry}@${digest}`);
    expect(images).not.toHaveProperty("market");
    expect(pinnedImages(path.join(folder, "none.json"))).toEqual({ images: {}, problems: [] });
  });

  it("is refused when the catalogue has moved on", () => {
    const { redis: _, ...rest } = complete();
    const lock = {
      ...rest,
      prometheus: { reference: "docker.io/prom/prometheus:v2", digest },
      mysql: { reference: "mysql:9", digest },
    };
    const again = 'Run "npm run images:pin" again and commit the file, or delete it to go by tags.';
    expect(read(lock).problems.map(formatProblem).sort()).toEqual([
      `images.lock.json: mysql = "mysql:9": is no image of a registry in the catalogue. ${again}`,
      `images.lock.json: prometheus = "docker.io/prom/prometheus:v2": is not the catalogue's image (${IMAGES.prometheus.registry}). ${again}`,
      `images.lock.json: redis: is missing, and so would go by its tag. ${again}`,
    ]);
    expect(read("{").problems.map(formatProblem)).toEqual([
      `images.lock.json: is not what images:pin writes. ${again}`,
    ]);
  });
});
