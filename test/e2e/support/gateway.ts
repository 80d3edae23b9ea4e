import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../tools/core/exec";

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
