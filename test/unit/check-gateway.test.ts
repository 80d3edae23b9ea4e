import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import type { PeerCertificate } from "node:tls";
import { describe, expect, it } from "vitest";
import type { HeaderSpec } from "../../components/gateway/spec";
import { type Answer, Entrance } from "../../tools/check/gateway/entrance";
import {
  certificateProblems,
  headerProblems,
  openProblems,
  passwordProblems,
  redirectProblems,
} from "../../tools/check/gateway/judge";

const HOST = "prometheus.example.com";
const answer = (status: number, headers: http.IncomingHttpHeaders = {}): Answer => ({ status, headers, body: "" });
const certificate = (names: string, until = "Nov 21 00:00:00 2030 GMT"): Answer => ({
  ...answer(200),
  certificate: { subject: { CN: "x" }, subjectaltname: names, valid_to: until } as unknown as PeerCertificate,
});
const auth = { user: "admin", password: "x", realm: HOST };

describe("what a gateway answers", () => {
  it("has a certificate for its host that is still valid", () => {
    const now = new Date("2026-11-21");
    const problems = (given: Answer) => certificateProblems({ host: HOST }, given, now);
    expect(problems(certificate(`DNS:${HOST}`))).toEqual([]);
    expect(problems(certificate("DNS:*.example.com"))).toEqual([]);
    expect(problems(certificate("DNS:abc.traefik.default"))).toEqual([
      `${HOST}: the certificate is for DNS:abc.traefik.default; the controller makes one up where the Secret is missing`,
    ]);
    expect(problems(certificate(`DNS:${HOST}`, "Nov 20 00:00:00 2026 GMT"))).toEqual([
      `${HOST}: the certificate has expired on 2026-11-20T00:00:00.000Z`,
    ]);
    expect(problems(answer(200))).toEqual([`${HOST}: no certificate`]);
  });

  it("leads to the service, or asks for a password before it", () => {
    expect(openProblems({ host: HOST }, answer(302))).toEqual([]);
    expect(openProblems({ host: HOST }, answer(404, { "referrer-policy": "same-origin" }))).toEqual([]);
    expect(openProblems({ host: HOST }, answer(404))).toEqual([`${HOST}: 404, the controller does not know it`]);
    expect(openProblems({ host: HOST }, answer(503))).toEqual([`${HOST}: 503, the service does not answer`]);
    expect(openProblems({ host: HOST, auth }, answer(401))).toEqual([]);
    expect(openProblems({ host: HOST, auth }, answer(200))).toEqual([
      `${HOST}: 200 without a password, and 401 is declared`,
    ]);
  });

  it("takes the right password and no other", () => {
    expect(passwordProblems({ host: HOST }, answer(401), answer(302))).toEqual([]);
    expect(passwordProblems({ host: HOST }, answer(401), undefined)).toEqual([]);
    expect(passwordProblems({ host: HOST }, answer(200), answer(401))).toEqual([
      `${HOST}: 200 with a wrong password, and 401 is declared`,
      `${HOST}: 401 with its password`,
    ]);
  });

  it("carries the declared headers", () => {
    const headers: HeaderSpec = {
      hsts: { maxAge: 60, subdomains: true, preload: false },
      frame: "DENY",
      referrer: "same-origin",
    };
    const sent = { "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin" };
    expect(headerProblems({ headers }, { host: HOST, secure: false }, answer(401, sent))).toEqual([]);
    expect(
      headerProblems({ headers }, { host: HOST, secure: true }, answer(200, { ...sent, "x-frame-options": "ALLOW" })),
    ).toEqual([
      `${HOST}: Strict-Transport-Security is missing, and max-age=60; includeSubDomains is declared`,
      `${HOST}: X-Frame-Options is ALLOW, and DENY is declared`,
    ]);
  });

  it("redirects to the same path by https", () => {
    const problems = (given: Answer) => redirectProblems({ host: HOST }, given, "/?a=1");
    expect(problems(answer(301, { location: `https://${HOST}/?a=1` }))).toEqual([]);
    expect(problems(answer(302, { location: `https://${HOST}/?a=1` }))).toHaveLength(1);
    expect(problems(answer(200))).toEqual([`${HOST}: 200 by http, and a redirect to https://${HOST}/?a=1 is declared`]);
  });
});

describe("a forwarded port", () => {
  const forward = (text: string) => {
    const stdout = new PassThrough();
    stdout.write(text);
    const ended = new Map<string, (argument?: unknown) => void>();
    const on = (event: string, listener: (argument?: unknown) => void) => ended.set(event, listener);
    return { process: { stdout, stderr: new PassThrough(), on, kill: () => true }, ended };
  };

  it("is asked with the host's name and the login", async () => {
    const server = http.createServer((request, response) => {
      response.end(`${request.headers.host} ${request.url} ${request.headers.authorization}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { process } = forward(`Forwarding from 127.0.0.1:${port} -> 8000\n`);
      const entrance = await Entrance.open(process as never, [8000]);
      const { status, body } = await entrance.plain(8000, { host: HOST, path: "/graph", auth: "admin:x" });
      expect([status, body]).toEqual([200, `${HOST} /graph Basic YWRtaW46eA==`]);
      expect(() => entrance.plain(8443, { host: HOST })).toThrow("port 8443 is not forwarded");
    } finally {
      server.close();
    }
  });

  it("says what kubectl said when it ended", async () => {
    const { process, ended } = forward("");
    const opened = Entrance.open(process as never, [8000]);
    process.stderr.write("error: pods not found\n");
    setImmediate(() => ended.get("close")?.());
    await expect(opened).rejects.toThrow("kubectl port-forward ended: error: pods not found");
  });
});
