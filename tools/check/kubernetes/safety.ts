import { bytes } from "../../../components/core/units";
import { collect } from "../../../components/target/check";
import { SERVICE } from "../../../components/target/kubernetes/labels";
import type { Workload } from "../../../components/target/workload";
import type { Declaration } from "../declared";
import { type Check, count, nothingToCheck, verdict } from "../outcome";
import type { KubeObject, KubernetesStack } from "./cluster";

const FAMILY = "safety";
const ENFORCE = "pod-security.kubernetes.io/enforce";

interface Claim {
  readonly name: string;
  readonly size: string;
}

/** Claims of all replicas, by the names under which a StatefulSet looks for them. */
export function declaredClaims(services: readonly Workload[]): Claim[] {
  return services.flatMap((service) =>
    (service.volumes ?? []).flatMap((volume) =>
      Array.from({ length: service.replicas ?? 1 }, (_, i) => ({
        name: `${volume.name}-${service.name}-${i}`,
        size: volume.size,
      })),
    ),
  );
}

export function claimProblems(claims: readonly Claim[], found: readonly KubeObject[]): string[] {
  return claims.flatMap(({ name, size }) => {
    const claim = found.find((c) => c.metadata.name === name);
    if (!claim) return [`${name} does not exist`];
    if (claim.status?.phase !== "Bound") return [`${name} is ${claim.status?.phase}`];
    const capacity = String(claim.status?.capacity?.storage);
    return (bytes(capacity) ?? Number(capacity)) >= (bytes(size) ?? 0) ? [] : [`${name} has ${capacity} of ${size}`];
  });
}

/** A budget that is not met now, or covers another number of pods, protects nothing. */
export function budgetProblems(services: readonly Workload[], budgets: readonly KubeObject[]): string[] {
  return services.flatMap(({ name, replicas = 1 }) => {
    const budget = budgets.find((b) => b.spec?.selector?.matchLabels?.[SERVICE] === name);
    if (!budget) return [`${name} has ${replicas} replicas and no disruption budget`];
    const { expectedPods = 0, currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0 } = budget.status ?? {};
    return expectedPods === replicas && currentHealthy === replicas && disruptionsAllowed >= 1 && desiredHealthy >= 1
      ? []
      : [
          `${name}: ${currentHealthy} of ${expectedPods} pods healthy, ${desiredHealthy} needed, ${disruptionsAllowed} may go`,
        ];
  });
}

export function safetyChecks(cluster: KubernetesStack, declaration: Declaration): Check[] {
  const { services } = collect(declaration.plans);
  const claims = declaredClaims(services);
  const several = services.filter((service) => (service.replicas ?? 1) > 1);
  return [
    {
      family: FAMILY,
      title: "the namespace enforces the restricted profile",
      run: async () => {
        const spaces = await cluster.list("namespaces");
        const enforced = spaces.find((s) => s.metadata.name === cluster.namespace)?.metadata.labels?.[ENFORCE];
        return verdict(
          enforced === "restricted" ? [] : [`${cluster.namespace} enforces ${enforced ?? "nothing"}`],
          cluster.namespace,
        );
      },
    },
    {
      family: FAMILY,
      title: "volume claims are bound",
      settle: 60,
      run: async () => {
        if (claims.length === 0) return nothingToCheck("no volume is declared");
        const found = await cluster.list("persistentvolumeclaims", cluster.namespace);
        return verdict(claimProblems(claims, found), count(claims.length, "claim"));
      },
    },
    {
      family: FAMILY,
      title: "disruption budgets are met",
      settle: 60,
      run: async () => {
        if (several.length === 0) return nothingToCheck("no service has several replicas");
        const budgets = await cluster.list("poddisruptionbudgets", cluster.namespace);
        return verdict(budgetProblems(several, budgets), several.map(({ name }) => name).join(", "));
      },
    },
  ];
}
