import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DockerEngine, DockerTarget } from "../../components/target/docker";
import { counter } from "../contract/cases";
import { attempt, containers, docker, ensureBusybox, removeAll } from "./support/docker";
import { type TestStack, testStack } from "./support/pulumi";

const STACK = "contract-remote";
const SOCKET = "/var/run/docker.sock";

/** The same engine as if it were elsewhere: behind TLS with client certificates, and at the other end of `ssh`. */
describe("a remote Docker engine", () => {
  let directory: string;
  let engine: DockerEngine = {};
  let deployed: TestStack;
  let server: tls.Server;
  let accepted = 0;
  let revision = 1;

  const read = (name: string) => fs.readFileSync(path.join(directory, name), "utf8");

  beforeAll(async () => {
    await removeAll(STACK);
    await ensureBusybox();
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-remote-"));
    certificates(directory);
    fs.mkdirSync(path.join(directory, "bin"));
    // Runs on this machine what a real client would have the other one run: its last argument.
    const ssh = '#!/bin/sh\necho "$@" >> "$SSH_LOG"\nfor command; do :; done\nexec sh -c "$command"\n';
    fs.writeFileSync(path.join(directory, "bin/ssh"), ssh, { mode: 0o755 });
    process.env.SSH_LOG = path.join(directory, "ssh.log");
    server = tls.createServer(
      {
        key: read("server.key"),
        cert: read("server.pem"),
        ca: read("ca.pem"),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (client) => {
        accepted++;
        const daemon = net.connect(SOCKET);
        client.pipe(daemon).pipe(client);
        for (const end of [client, daemon]) end.on("error", () => end.destroy());
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    deployed = await testStack(STACK, ["docker"], async () => {
      const target = new DockerTarget({ stack: STACK, engine });
      const parent = new pulumi.ComponentResource("datastack:test:Case", "remote");
      target.service(counter({ revision }), { parent });
    });
  });

  afterAll(async () => {
    await removeAll(STACK);
    server?.close();
    deployed?.remove();
    fs.rmSync(directory, { recursive: true, force: true });
  });

  it("is reached over TLS with a client certificate, and its key is no text in the state", async () => {
    const { port } = server.address() as net.AddressInfo;
    const material = { ca: read("ca.pem"), cert: read("client.pem"), key: read("client.key") };
    engine = { host: `tcp://127.0.0.1:${port}`, tls: material };
    await deployed.stack.up();
    expect(accepted).toBeGreaterThan(0);
    expect(Object.keys(await containers(STACK))).toEqual([`${STACK}-counter`]);
    expect(deployed.state()).toContain(`127.0.0.1:${port}`);
    expect(deployed.state()).not.toContain(material.key.split("\n")[1]);
  });

  it("is refused without one", async () => {
    const { port } = server.address() as net.AddressInfo;
    engine = {
      host: `tcp://127.0.0.1:${port}`,
      tls: { ca: read("ca.pem"), cert: read("other.pem"), key: read("other.key") },
    };
    revision = 2;
    const before = await containers(STACK);
    await expect(deployed.stack.up()).rejects.toThrow(/certificate|tls/i);
    expect(await containers(STACK)).toEqual(before);
  });

  it("is reached with certificates from a directory", async () => {
    const { port } = server.address() as net.AddressInfo;
    engine = { host: `tcp://127.0.0.1:${port}`, certPath: directory };
    await deployed.stack.up();
    expect(await docker("exec", `${STACK}-counter`, "cat", "/etc/counter/revision")).toBe("revision=2");
    await deployed.stack.destroy();
    expect(await containers(STACK)).toEqual({});
  });

  it("is reached over ssh with options of one's own", async () => {
    const searched = process.env.PATH;
    process.env.PATH = `${path.join(directory, "bin")}${path.delimiter}${searched}`;
    deployed.stack.workspace.envVars = { ...deployed.stack.workspace.envVars, PATH: process.env.PATH };
    engine = { host: "ssh://deploy@engine.example.com", sshOpts: ["-o", "BatchMode=yes"] };
    await deployed.stack.up();
    expect(read("ssh.log")).toMatch(/-o BatchMode=yes .*engine\.example\.com .*docker system dial-stdio/);
    expect((await attempt("inspect", `${STACK}-counter`)).code).toBe(0);
    await deployed.stack.destroy();
    process.env.PATH = searched;
    expect(await docker("ps", "-aq", "--filter", `label=datastack.stack=${STACK}`)).toBe("");
  });
});

/** An authority, a server of 127.0.0.1, its client, and somebody whom it does not know. */
function certificates(directory: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const authority = (name: string) =>
    openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "1",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
    );
  authority("ca");
  authority("other");
  fs.writeFileSync(path.join(directory, "san"), "subjectAltName=IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
    );
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "1",
      "-extfile",
      "san",
      "-out",
      `${name}.pem`,
    );
  }
  fs.copyFileSync(path.join(directory, "client.pem"), path.join(directory, "cert.pem"));
  fs.copyFileSync(path.join(directory, "client.key"), path.join(directory, "key.pem"));
}
