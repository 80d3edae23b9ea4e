import * as k8s from "@pulumi/kubernetes";
import { describe, expect, it } from "vitest";
import { KUBERNETES_STACKS, recorded } from "../support/kubernetes-stacks";
import { derivedReplacements } from "../support/policies/replacement";
import { record } from "../support/record";

describe("nothing computed replaces an object", () => {
  it.each(KUBERNETES_STACKS)("of $title", async (subject) => {
    const preview = await recorded(subject, { preview: true });
    expect(preview.resources.length).toBeGreaterThan(40);
    expect(derivedReplacements(preview)).toEqual([]);
  });

  it("would be red: a namespace, a name, a service name or a selector from another object", async () => {
    const preview = await record(
      () => {
        const { metadata } = new k8s.core.v1.Namespace("prod", { metadata: { name: "prod" } });
        const service = new k8s.core.v1.Service("nodes", {
          metadata: { name: "nodes", namespace: metadata.name },
          spec: { clusterIP: "None" },
        });
        const name = service.metadata.name;
        new k8s.apps.v1.StatefulSet("kafka", {
          metadata: { name: metadata.uid, namespace: "prod", labels: { owner: metadata.uid } },
          spec: {
            serviceName: name,
            selector: { matchLabels: { app: name } },
            template: { metadata: { labels: { app: name } } },
          },
        });
      },
      { preview: true, opaque: true },
    );
    expect(derivedReplacements(preview)).toEqual([
      "StatefulSet kafka: metadata.name",
      "StatefulSet kafka: spec.selector.matchLabels.app",
      "StatefulSet kafka: spec.serviceName",
      "Service nodes: metadata.namespace",
    ]);
  });
});
