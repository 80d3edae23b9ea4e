import { describe, expect, it } from "vitest";
import { imageCatalogue } from "../../components/core/images";
import { formatProblem } from "../../components/core/problems";
import { KubeStateMetrics, type KubeStateMetricsArgs } from "../../components/exporters";
import { DockerTarget } from "../../components/target/docker";
import { KubernetesTarget } from "../../components/target/kubernetes";
import { all, at, kubernetes, only, record } from "../support/record";

const images = imageCatalogue();
const target = () => new KubernetesTarget({ stack: "test" });
const NAME = "kube-state-metrics";
const args = (more: Partial<KubeStateMetricsArgs> = {}): KubeStateMetricsArgs => ({
  target: target(),
  images,
  ...more,
});
const service = (more: Partial<KubeStateMetricsArgs> = {}) => KubeStateMetrics.plan(NAME, args(more)).services?.[0];
const namespaces = (more: Partial<KubeStateMetricsArgs>) =>
  service(more)?.args?.find((arg) => arg.startsWith("--namespaces="));
const rbac = (kind: string) => kubernetes("rbac.authorization.k8s.io/v1", kind);

describe("what it watches", () => {
  it("is the stack's own namespaces, its agents' where there are agents, and those of others that are named", () => {
    expect(namespaces({})).toBe("--namespaces=test,test-agents");
    expect(namespaces({ agents: false })).toBe("--namespaces=test");
    expect(namespaces({ agents: false, namespaces: ["backend", "test"] })).toBe("--namespaces=test,backend");
    const own = new KubernetesTarget({ stack: "test", namespace: "monitoring" });
    expect(namespaces({ target: own, agents: false })).toBe("--namespaces=monitoring");
  });

  it("never is a Secret, a ConfigMap, or anything beyond a namespace", () => {
    expect(service()?.args).toContain(
      "--resources=cronjobs,daemonsets,deployments,jobs,persistentvolumeclaims,poddisruptionbudgets,pods,statefulsets",
    );
  });
});

describe("its rights", () => {
  it("are to list these, by a Role in each namespace, and nothing of the cluster", async () => {
    const recording = await record(
      () => void new KubeStateMetrics(NAME, args({ agents: false, namespaces: ["backend"] })),
    );
    const roles = all(recording, rbac("Role"));
    expect(roles.map((role) => at(role, "metadata.namespace"))).toEqual(["test", "backend"]);
    for (const role of roles)
      expect(at(role, "rules")).toEqual([
        { apiGroups: [""], resources: ["persistentvolumeclaims", "pods"], verbs: ["list", "watch"] },
        { apiGroups: ["apps"], resources: ["daemonsets", "deployments", "statefulsets"], verbs: ["list", "watch"] },
        { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: ["list", "watch"] },
        { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["list", "watch"] },
      ]);
    expect(all(recording, rbac("ClusterRole"))).toEqual([]);
    expect(all(recording, rbac("ClusterRoleBinding"))).toEqual([]);
  });

  it("say which resources it asks for, one for one", () => {
    const discovery = service()?.discovery;
    const listed = typeof discovery === "object" ? (discovery.lists ?? []).flatMap(({ resources }) => resources) : [];
    expect(service()?.args).toContain(`--resources=${[...listed].sort().join(",")}`);
  });
});

describe("the process", () => {
  it("is restarted for its own faults, not for those of the API server", async () => {
    const recording = await record(() => void new KubeStateMetrics(NAME, args()));
    const deployment = only(recording, kubernetes("apps/v1", "Deployment"));
    expect(at(deployment, "spec.template.spec.containers[0].livenessProbe.httpGet.path")).toBe("/healthz");
    expect(at(deployment, "spec.template.spec.containers[0].readinessProbe.httpGet")).toEqual({
      path: "/readyz",
      port: "telemetry",
    });
  });

  it("names schedules as they are called on Docker, but only the stack's own", () => {
    const own = new KubernetesTarget({ stack: "test", namespace: "my.own" });
    const [scraped] = KubeStateMetrics.monitoring(NAME, args({ target: own })).targets;
    expect(scraped?.metricRelabel).toEqual([
      {
        source_labels: ["__name__", "namespace", "cronjob"],
        regex: "kube_cronjob_(?:created|status_.+);my\\.own;(.+)",
        target_label: "schedule",
        replacement: "$1",
      },
    ]);
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<KubeStateMetricsArgs>, string[]]>([
    [
      "Docker",
      { target: new DockerTarget({ stack: "test" }) },
      [
        'target = "docker": has no objects of Kubernetes to watch. Leave it out: on Docker, NodeExporter says how schedules went and TargetDown what does not run.',
      ],
    ],
    ["no namespace", { namespaces: ["My_Space"] }, ['namespaces[0] = "My_Space": must be the name of a namespace.']],
    ["namespace twice", { namespaces: ["a", "a"] }, ['namespaces[1] = "a": is there twice. Remove one.']],
    [
      "an alert that is not there",
      { alerts: { KubePodGone: false } as never },
      [expect.stringContaining("KubePodGone")],
    ],
  ])("%s", (_, more, messages) => {
    expect(KubeStateMetrics.validate(NAME, args(more)).map(formatProblem)).toEqual(messages);
  });

  it("does not stop it from being looked at", () => {
    const onDocker = args({ target: new DockerTarget({ stack: "test" }) });
    expect(() => KubeStateMetrics.monitoring(NAME, onDocker)).not.toThrow();
    expect(() => KubeStateMetrics.connection(NAME, onDocker)).not.toThrow();
  });
});
