import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mebibytes } from "../../components/app/spec";
import { IMAGES } from "../../components/core/images";
import { parseConfig } from "../../stacks/config";
import { declare } from "../../tools/check/declared";
import { which } from "../../tools/core/exec";
import { RECIPES } from "../../tools/images/recipes";
import { MIN_RUST, rustOnPath } from "../../tools/toolchain/rust-install";
import { recordedScrape, recordedSeries } from "../support/scrapes";

const run = promisify(execFile);
const APP = path.resolve(__dirname, "../../apps/files");
const read = (name: string): string => fs.readFileSync(path.join(APP, name), "utf8");

let dir: string;
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-files-"));
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

describe("what the back end emits", () => {
  const histogram = (name: string, labels: string[]): [string, string[]][] => [
    [`${name}_bucket`, [...labels, "le"].sort()],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];

  it("is the thirteen metrics that gauzian's dashboard and alerts are about, and its process", () => {
    const recorded = [...recordedScrape("files")].filter(([name]) => !name.startsWith("process_"));
    const plain = recorded.map(([name, labels]) => [name, [...labels].sort()]);
    expect(Object.fromEntries(plain)).toEqual(
      Object.fromEntries([
        ["http_requests_total", ["endpoint", "method", "status"]],
        ...histogram("http_request_duration_seconds", ["endpoint", "method"]),
        ["http_connections_active", []],
        ["file_uploads_total", []],
        ["file_downloads_total", []],
        ["file_upload_bytes_total", []],
        ...histogram("chunk_upload_duration_seconds", []),
        ...histogram("chunk_download_duration_seconds", []),
        ["auth_attempts_total", ["status", "type"]],
        ...histogram("s3_operation_duration_seconds", ["operation"]),
        ["redis_operations_total", ["operation", "status"]],
        ["db_queries_total", ["query_type"]],
        ...histogram("db_query_duration_seconds", ["query_type"]),
      ]),
    );
    expect(recordedScrape("files").has("process_start_time_seconds")).toBe(true);
  });

  it("has bounds from 5 ms to 10 s in every histogram", () => {
    const bounds = new Map<string, number[]>();
    for (const { metric, labels } of recordedSeries("files")) {
      const bound = /(?:^|,)le="([\d.]+)"/.exec(labels)?.[1];
      if (bound) bounds.set(metric, [...(bounds.get(metric) ?? []), Number(bound)]);
    }
    expect(bounds.size).toBe(5);
    for (const [metric, all] of bounds) {
      for (const bound of [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        expect(all, metric).toContain(bound);
    }
  });

  it("names routes by their template: all that there are, and one name for the rest", () => {
    const routes = [...read("src/http/mod.rs").matchAll(/\.route\("(\/api\/[^"]+)"/g)].map((match) => match[1]);
    const endpoints = recordedSeries("files").flatMap(({ labels }) => /endpoint="([^"]+)"/.exec(labels)?.[1] ?? []);
    expect(routes.length).toBeGreaterThan(8);
    expect([...new Set(endpoints)].sort()).toEqual([...new Set([...routes, "unknown"])].sort());
  });
});

describe("the back end's settings", () => {
  it("are all in its README, with nothing that is none", () => {
    const known = new Set(
      read("src/settings/mod.rs")
        .split("#[cfg(test)]")[0]
        ?.match(/"FILES_[A-Z_]+[A-Z]"/g),
    );
    const told = new Set(
      read("README.md")
        .match(/^\| `FILES_[A-Z_]+` \|/gm)
        ?.map((row) => `"${row.slice(3, -3)}"`),
    );
    expect(known.size).toBeGreaterThan(10);
    expect([...told].sort()).toEqual([...known].sort());
  });

  it("are refused all at once, as their own tests say", async (context) => {
    const rust = await rustOnPath();
    if (!rust) return context.skip(`needs Rust ${MIN_RUST.join(".")} on PATH`);
    const program = path.join(dir, "settings");
    // they need no crate, so the compiler alone makes a program of them within a second or two
    await run("rustc", ["--edition", "2024", "--test", "src/settings/mod.rs", "-o", program], { cwd: APP });
    expect((await run(program)).stdout).toMatch(/test result: ok\. ([7-9]|\d\d) passed; 0 failed/);
  });
});

describe("what the stack tells the back end", () => {
  const gateway = { prometheus: "p.example", grafana: "g.example", tls: { secret: "tls" } };
  const { config } = parseConfig({ "datastack:target": "kubernetes", "datastack:gateway": JSON.stringify(gateway) });
  const { plans } = declare("gauzian", config);
  const service = plans.flatMap((plan) => plan.services ?? []).find(({ name }) => name === "files");

  it("is what it takes", async (context) => {
    if (!(await rustOnPath())) return context.skip(`needs Rust ${MIN_RUST.join(".")} on PATH`);
    const [source, program] = [path.join(dir, "take.rs"), path.join(dir, "take")];
    fs.writeFileSync(
      source,
      `#[path = ${JSON.stringify(path.join(APP, "src/settings/mod.rs"))}]
mod settings;
fn main() {
    match settings::Settings::read(std::env::vars()) {
        Ok(settings) => println!("{settings:?}"),
        Err(error) => { eprintln!("{error}"); std::process::exit(78); }
    }
}
`,
    );
    await run("rustc", ["--edition", "2024", "--cap-lints", "allow", source, "-o", program]);
    const taken = (env: NodeJS.ProcessEnv) => run(program, [], { env });
    const { stdout } = await taken({ ...service?.env });
    expect(stdout).toContain("address: 0.0.0.0:8080");
    expect(stdout).toContain(`rate: ${config.backendLoad}.0`);
    await expect(taken({ ...service?.env, FILES_LOAD: "1" })).rejects.toThrow(/FILES_LOAD is not a setting/);
  });

  it("lets it end in its own time, and gives it the memory that it may take", () => {
    const stop = Number(/"FILES_STOP_SECONDS", (\d+),/.exec(read("src/settings/mod.rs"))?.[1]);
    expect(service?.stop.grace).toBeGreaterThan(stop + 5);
    const store = Number(/"FILES_STORE_BYTES", (\d+) \* MIB/.exec(read("src/settings/mod.rs"))?.[1]);
    const passwords = read("src/passwords.rs");
    const [hash, many] = [/MEMORY_KIB: u32 = (\d+) \* 1024/, /AT_A_TIME: usize = (\d+)/].map((e) =>
      Number(e.exec(passwords)?.[1]),
    );
    const rest = 32;
    expect(mebibytes(service?.resources.memory ?? "")).toBeGreaterThan(store + (hash ?? 0) * (many ?? 0) + rest);
  });
});

describe("the back end's sources", () => {
  it("are formatted", async (context) => {
    if (!which("rustfmt")) return context.skip("needs rustfmt on PATH");
    const files = fs.readdirSync(APP, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".rs"));
    const own = files.filter((name) => !name.startsWith("target"));
    expect(own.length).toBeGreaterThan(20);
    await run("rustfmt", ["--check", "--edition", "2024", ...own], { cwd: APP });
  });

  it("name the oldest Rust that the tools take, and every crate with its checksum", () => {
    expect(read("Cargo.toml")).toContain(`rust-version = "${MIN_RUST.join(".")}"`);
    const crates = read("Cargo.lock").split("[[package]]").slice(1);
    const without = crates.filter((crate) => !/^checksum = "[0-9a-f]{64}"$/m.test(crate));
    expect(crates.length).toBeGreaterThan(20);
    expect(without.map((crate) => /^name = "(.*)"$/m.exec(crate)?.[1])).toEqual(["files"]);
  });

  it("are what the image is named by, and their tests are not", () => {
    const content = RECIPES.files?.content() ?? "";
    for (const name of ["Cargo.lock", "Cargo.toml", "src/main.rs", "src/load/visitor.rs"])
      expect(content).toContain(`["${name}",`);
    expect(content).not.toContain('"tests/');
  });

  it("make the same image by the Dockerfile: same user, same program", () => {
    const dockerfile = read("Dockerfile");
    const { uid, gid } = IMAGES.files.user;
    expect(dockerfile).toContain(`\nUSER ${uid}:${gid}\n`);
    expect(dockerfile).toContain(`\nCMD ${JSON.stringify(RECIPES.files?.settings.command)}`);
  });
});
