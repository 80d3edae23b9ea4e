import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../stacks/config";
import { kubeconfigPath, providerKubeconfig } from "../../stacks/kubeconfig";
import { createTarget } from "../../stacks/target";
import { counter } from "../contract/cases";
import { at, only, record } from "../support/record";

const CHECKOUT = path.resolve(__dirname, "../..");

/** Inputs of the provider that a stack makes of its configuration. */
async function provider(own: Readonly<Record<string, string>>) {
  const keys = Object.entries({ target: "kubernetes", ...own }).map(([key, value]) => [`datastack:${key}`, value]);
  const { config, problems } = parseConfig(Object.fromEntries(keys));
  expect(problems).toEqual([]);
  const recording = await record(() => {
    const target = createTarget("prod", config);
    target.service(counter(), { parent: new pulumi.ComponentResource("datastack:test:Case", "case") });
  });
  return only(recording, "pulumi:providers:kubernetes");
}

describe("the provider of a stack on Kubernetes", () => {
  it("is that of the same cluster when the context is named later, and another one only by its own key", async () => {
    expect(at(await provider({}), "clusterIdentifier")).toBe("prod");
    const later = await provider({ kubeContext: "production" });
    expect([at(later, "clusterIdentifier"), at(later, "context")]).toEqual(["prod", "production"]);
    const named = await provider({ kubeContext: "production", clusterIdentifier: "berlin" });
    expect(at(named, "clusterIdentifier")).toBe("berlin");
  });

  it("has nothing of the machine in its inputs: neither where the checkout is, nor whose home", async () => {
    expect(at(await provider({ kubeconfig: "cluster/kubeconfig" }), "kubeconfig")).toBe("../cluster/kubeconfig");
    expect(providerKubeconfig("./kubeconfig")).toBe("../kubeconfig");
    expect(providerKubeconfig("~/.kube/production")).toBe("~/.kube/production");
    expect(providerKubeconfig("/etc/kubeconfig")).toBe("/etc/kubeconfig");
  });

  it("finds the file that is read before anything is changed", () => {
    // Pulumi runs a provider in the folder of the program
    for (const configured of [
      "kubeconfig",
      "./a/../kubeconfig",
      "stacks/kubeconfig",
      "../elsewhere/kubeconfig",
      "/etc/kubeconfig",
    ])
      expect(path.resolve(CHECKOUT, "stacks", providerKubeconfig(configured))).toBe(kubeconfigPath(configured));
    expect(kubeconfigPath("kubeconfig")).toBe(path.join(CHECKOUT, "kubeconfig"));
    expect(kubeconfigPath("~/.kube/production")).toBe(path.join(os.homedir(), ".kube/production"));
  });
});
