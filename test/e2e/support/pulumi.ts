import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import { expect } from "vitest";
import { type PluginName, presentToolchain } from "../../../tools/toolchain";

/** A stack of the real engine in a directory of its own, with file state; `program` may be another one at each operation. */
export interface TestStack {
  readonly stack: Stack;
  /** What Pulumi printed last. */
  readonly output: () => string;
  /** The state as it lies on disk, with its secrets as they are there. */
  readonly state: () => string;
  /** Removes the state, but nothing that was deployed. */
  readonly remove: () => void;
}

export async function testStack(name: string, plugins: readonly PluginName[], program: PulumiFn): Promise<TestStack> {
  const toolchain = await presentToolchain(plugins);
  if (!toolchain)
    throw new Error(`Pulumi or one of its plugins (${plugins.join(", ")}) is missing: run "npm start" first`);
  // The Automation API finds `pulumi` there.
  process.env.PATH = toolchain.env.PATH;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-e2e-"));
  const state = path.join(directory, "state");
  fs.mkdirSync(state);
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: "datastack-e2e", program },
    {
      workDir: directory,
      projectSettings: { name: "datastack-e2e", runtime: "nodejs", backend: { url: `file://${state}` } },
      envVars: { ...toolchain.env, PULUMI_CONFIG_PASSPHRASE: "e2e", PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true" },
    },
  );
  let printed = "";
  const onOutput = (text: string): void => {
    printed += text;
  };
  const wrapped = new Proxy(stack, {
    get(of, property) {
      const value = Reflect.get(of, property) as unknown;
      if (typeof value !== "function") return value;
      if (!["up", "preview", "destroy", "refresh"].includes(String(property))) return value.bind(of);
      return (options: object = {}) => {
        printed = "";
        return value.call(of, { onOutput, color: "never", ...options });
      };
    },
  });
  return {
    stack: wrapped,
    output: () => printed,
    state: () => fs.readFileSync(path.join(state, ".pulumi", "stacks", "datastack-e2e", `${name}.json`), "utf8"),
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}

/** A preview finds nothing to do, by the state or, with a refresh, by what is really there. */
export async function unchanged({ stack, output }: TestStack, args: { refresh?: boolean } = {}): Promise<void> {
  const { changeSummary } = await stack.preview(args);
  expect(Object.keys(changeSummary), output()).toEqual(["same"]);
}
