// The way in, for any Node >= 18 and from any directory: installs the npm dependencies when they are missing or out of
// date, then goes on in tools/cli.ts with the pinned Node.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const modules = path.join(root, "node_modules");

if (Number(process.versions.node.split(".")[0]) < 18) {
  fail(
    `Node.js ${process.versions.node} is too old to begin with. Install Node.js 18 or newer; the project brings its own 24.`,
  );
}
if (!dependenciesInstalled()) installDependencies();
continueWith(pinnedNode());

/** npm writes `node_modules/.package-lock.json` last: where its versions are the lock's, the installation is whole. */
function dependenciesInstalled() {
  const wanted = readJson(path.join(root, "package-lock.json"))?.packages ?? {};
  const have = readJson(path.join(modules, ".package-lock.json"))?.packages;
  if (!have) return false;
  return Object.entries(wanted).every(
    ([name, entry]) => name === "" || (entry.optional && !have[name]) || have[name]?.version === entry.version,
  );
}

function installDependencies() {
  const begun = Date.now();
  process.stderr.write("  … npm dependencies\n");
  // install scripts would only try to download provider plugins, which the toolchain step does better
  const args = [
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--include=dev",
    "--include=optional",
  ];
  // a script of npm's own (npm start) names it; otherwise it is the one on PATH
  const byPath = process.env.npm_execpath?.endsWith("npm-cli.js");
  const command = byPath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const done = spawnSync(command[0], [...command.slice(1), ...args], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (done.error) fail(`npm cannot be run (${done.error.message}). Install npm, then run this again.`);
  if (done.status !== 0) {
    fail(
      `npm ci failed with exit code ${done.status ?? done.signal}. Check that the npm registry can be reached, then run this again.`,
    );
  }
  process.stderr.write(`  ✔ npm dependencies (${((Date.now() - begun) / 1000).toFixed(1)} s)\n`);
}

/** The Node that npm installed for this machine; elsewhere the running one, when it is new enough. */
function pinnedNode() {
  const node = path.join(modules, `node-${process.platform}-${process.arch}`, "bin", "node");
  if (fs.existsSync(node)) return node;
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  return fail(
    `Node.js ${process.versions.node} is too old, and there is no packaged one for ${process.platform}-${process.arch}. ` +
      "Install Node.js 24 and run this again.",
  );
}

function continueWith(node) {
  const tsx = pathToFileURL(path.join(modules, "tsx", "dist", "loader.mjs")).href;
  const child = spawn(node, ["--import", tsx, path.join(root, "tools", "cli.ts"), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ""}`,
      TSX_TSCONFIG_PATH: path.join(root, "tsconfig.json"),
      // companies' own certificate authorities and proxies, as curl and apt know them
      NODE_USE_SYSTEM_CA: process.env.NODE_USE_SYSTEM_CA ?? "1",
      NODE_USE_ENV_PROXY: process.env.NODE_USE_ENV_PROXY ?? "1",
    },
  });
  // the terminal sends Ctrl-C to the child as well: here it only must not end us first
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => fail(`${node} cannot be run: ${error.message}.`));
  child.on("close", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
