// Loaded before everything else, because all of this has to come before the SDK.
import { enableCompileCache } from "node:module";
import * as os from "node:os";
import * as path from "node:path";

// On older versions every error that a Pulumi program throws takes half a minute to be printed.
const major = Number(process.versions.node.split(".")[0]);
if (major < 22) {
  console.error(
    `Node.js ${process.versions.node} is too old for this program: it needs 22 or newer. ` +
      'Run "npm start" or "npm run preview", which bring their own, or put a newer node first on PATH.',
  );
  process.exit(1);
}

// The SDK takes a stack trace for each of its thousands of promises, and ts-node maps every one: a third of the start-up.
// Problems of the configuration are told without traces; for a defect, DATASTACK_TRACE=1 brings them back.
if (!process.env.DATASTACK_TRACE) Error.stackTraceLimit = 0;

// Compiled code of the SDKs, kept from run to run; in a folder of the user's, because what is found there is run.
const caches = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
enableCompileCache(path.join(caches, "datastack", "compiled"));
