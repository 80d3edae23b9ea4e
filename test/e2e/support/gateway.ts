import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import type { TLSSocket } from "node:tls";
import { run } from "../../../tools/core/exec";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** SHA-256 of the server's certificate, by https. */
  readonly fingerprint?: string;
  /** Whether the certificate is the expected one for the host name, by https. */
  readonly trusted?: boolean;
}

export interface Ask {
  readonly host: string;
  readonly path?: string;
  /** `user:password`. */
  readonly auth?: string;
}

/** A certificate that signs itself, for some host names. */
export class Certificate {
  readonly key: string;
  readonly file: string;

  constructor(
    directory: string,
    readonly hosts: readonly string[],
  ) {
    this.key = path.join(directory, "tls.key");
    this.file = path.join(directory, "tls.crt");
  }

  async make(): Promise<void> {
    const names = this.hosts.map((host) => `DNS:${host}`).join(",");
    await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-keyout", this.key, "-out", this.file, "-subj", "/CN=datastack test", "-addext", `subjectAltName=${names}`],
    ]);
  }

  get pem(): string {
    return fs.readFileSync(this.file, "utf8");
  }
}

/** The entry points of a controller, by ports of this machine. */
export class Entrance {
  #child: ChildProcess | undefined;
  #ports = new Map<number, number>();

  constructor(
    readonly kubectl: string,
    readonly namespace: string,
    readonly service: string,
  ) {}

  /** @param targets ports of the controller's container that have to be forwarded */
  async open(targets: readonly number[]): Promise<void> {
    const args = ["port-forward", "-n", this.namespace, `service/${this.service}`, ":80", ":443"];
    const child = spawn(this.kubectl, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        for (const [, own, target] of text.matchAll(/127\.0\.0\.1:(\d+) -> (\d+)/g))
          this.#ports.set(Number(target), Number(own));
        if (targets.every((target) => this.#ports.has(target))) resolve();
      });
      child.on("error", reject);
      child.on("close", () => reject(new Error(`port-forward ended: ${text}`)));
    });
  }

  close(): void {
    this.#child?.kill();
  }

  /** By http. */
  plain(target: number, ask: Ask): Promise<Answer> {
    return this.#send(http.request(this.#options(target, ask)));
  }

  /** By https, asking for the host by SNI as browsers do; only `certificate` is trusted. */
  secure(target: number, ask: Ask, certificate: string): Promise<Answer> {
    const tls = { servername: ask.host, ca: certificate, rejectUnauthorized: false };
    return this.#send(https.request({ ...this.#options(target, ask), ...tls }));
  }

  #options(target: number, { host, path: asked = "/", auth }: Ask): http.RequestOptions {
    const port = this.#ports.get(target);
    if (port === undefined) throw new Error(`port ${target} is not forwarded`);
    // a connection of its own each time: one that is kept would go on with the certificate that it began with
    return { host: "127.0.0.1", port, path: asked, agent: false, headers: { host }, ...(auth ? { auth } : {}) };
  }

  #send(request: http.ClientRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request.setTimeout(10_000, () => request.destroy(new Error("no answer within 10 s")));
      request.on("error", reject);
      request.on("response", (response) => {
        const socket = response.socket as Partial<TLSSocket>;
        const secure = socket.encrypted
          ? { fingerprint: socket.getPeerCertificate?.().fingerprint256 ?? "", trusted: socket.authorized ?? false }
          : {};
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, ...secure }),
        );
      });
      request.end();
    });
  }
}
