import { type Fields, type KubeObject, type Objects, selects } from "./objects";
import { objects, pods, type Rule } from "./rule";

const ESCALATING = ["bind", "escalate", "impersonate"];
const READING = ["get", "list", "watch", "*"];

const rulesOf = (all: Objects): { owner: KubeObject; rule: Fields }[] =>
  all.of("Role", "ClusterRole").flatMap((owner) => (owner.rules ?? []).map((rule: Fields) => ({ owner, rule })));

const roles = (all: Objects, wrong: (rule: Fields) => string | false | undefined) =>
  rulesOf(all).flatMap(({ owner, rule }) => objects([owner], () => wrong(rule)));

function addRule(all: Objects, rule: Fields): void {
  all.one("Role").rules.push(rule);
}

/** What linters say of networks, rights and what is open to the outside. */
export const ACCESS: readonly Rule[] = [
  {
    checks: ["kube-score/pod-networkpolicy", "checkov/CKV2_K8S_6"],
    find: (all) =>
      pods(all.pods, (pod) => {
        const types = all
          .of("NetworkPolicy")
          .filter((p) => p.metadata.namespace === pod.namespace && selects(p.spec.podSelector, pod.labels))
          .flatMap(({ spec }) => spec.policyTypes ?? []);
        return !(types.includes("Ingress") && types.includes("Egress")) && "is not isolated in both directions";
      }),
    mistake: (all) => {
      all.one("NetworkPolicy", "kafka").spec.policyTypes = ["Ingress"];
    },
  },
  {
    checks: ["polaris/missingNetworkPolicy"],
    find: (all) =>
      pods(all.pods, (pod) => {
        const right = all.of("NetworkPolicy").some(({ metadata, spec }) => {
          const labels = Object.entries(spec.podSelector?.matchLabels ?? {});
          const own = labels.filter(([key, value]) => pod.labels[key] === value);
          const rules = spec.ingress?.length > 0 && spec.egress?.length > 0;
          return metadata.namespace === pod.namespace && own.length === 1 && rules && spec.policyTypes?.length === 2;
        });
        return !right && "has no policy with rules in both directions";
      }),
    mistake: (all) => {
      delete all.one("NetworkPolicy", "kafka").spec.ingress;
    },
  },
  {
    checks: ["kube-score/networkpolicy-targets-pod"],
    find: (all) =>
      objects(
        all.of("NetworkPolicy"),
        ({ metadata, spec }) =>
          !all.pods.some((pod) => pod.namespace === metadata.namespace && selects(spec.podSelector, pod.labels)) &&
          "selects no pod",
      ),
    mistake: (all) => {
      all.one("NetworkPolicy").spec.podSelector = { matchLabels: { app: "other" } };
    },
  },
  {
    checks: ["checkov/CKV_K8S_49"],
    find: (all) =>
      roles(all, (rule) =>
        [rule.verbs, rule.resources, rule.apiGroups].some((list) => list?.includes("*")) ? "has a wildcard" : undefined,
      ),
    mistake: (all) => addRule(all, { apiGroups: [""], resources: ["*"], verbs: ["get"] }),
  },
  {
    checks: ["checkov/CKV_K8S_155", "checkov/CKV_K8S_156", "checkov/CKV_K8S_157", "checkov/CKV_K8S_158"],
    find: (all) =>
      roles(all, ({ verbs = [], resources = [] }) => {
        const webhooks = resources.some((resource: string) =>
          /webhookconfigurations|certificatesigning/.test(resource),
        );
        return (verbs.some((verb: string) => ESCALATING.includes(verb)) || webhooks) && "can be made into more rights";
      }),
    mistake: (all) => addRule(all, { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["bind"] }),
  },
  {
    checks: ["checkov/CKV2_K8S_5", "polaris/rolePodExecAttach", "polaris/clusterrolePodExecAttach"],
    find: (all) =>
      roles(all, ({ verbs = [], resources = [], resourceNames }) => {
        if (resources.some((resource: string) => /^pods\/(exec|attach)$/.test(resource)))
          return "may run commands in pods";
        const reads = resources.includes("secrets") && verbs.some((verb: string) => READING.includes(verb));
        return reads && !resourceNames && "may read all secrets";
      }),
    mistake: (all) => addRule(all, { apiGroups: [""], resources: ["secrets"], verbs: ["list"] }),
  },
  {
    checks: [
      "polaris/clusterrolebindingClusterAdmin",
      "polaris/rolebindingClusterAdminClusterRole",
      "polaris/rolebindingClusterAdminRole",
    ],
    find: (all) =>
      objects(
        all.of("RoleBinding", "ClusterRoleBinding"),
        ({ roleRef }) => ["cluster-admin", "admin", "edit"].includes(roleRef.name) && `binds ${roleRef.name}`,
      ),
    mistake: (all) => {
      all.one("RoleBinding").roleRef = { kind: "ClusterRole", name: "cluster-admin" };
    },
  },
  {
    checks: ["polaris/tlsSettingsMissing"],
    find: (all) =>
      objects(all.of("Ingress"), ({ spec }) => {
        const covered = (spec.tls ?? []).flatMap(({ hosts = [] }: Fields) => hosts);
        const open = (spec.rules ?? []).find(({ host }: Fields) => !host || !covered.includes(host));
        return open && `serves ${open.host ?? "every host"} without TLS`;
      }),
    mistake: (all) => {
      (all.all as Fields[]).push({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "open", namespace: all.one("StatefulSet").metadata.namespace },
        spec: { rules: [{ host: "grafana.example.com", http: { paths: [] } }] },
      });
    },
  },
  {
    checks: ["kube-score/ingress-targets-service"],
    find: (all) =>
      objects(all.of("Ingress"), ({ metadata, spec }) => {
        const services = all.of("Service").filter((service) => service.metadata.namespace === metadata.namespace);
        const wanted = (spec.rules ?? []).flatMap(({ http }: Fields) =>
          http.paths.map(({ backend }: Fields) => backend.service.name),
        );
        const lost = wanted.find((name: string) => !services.some((service) => service.metadata.name === name));
        return lost && `leads to ${lost}, which is not there`;
      }),
    mistake: (all) => {
      const paths = [{ path: "/", pathType: "Prefix", backend: { service: { name: "gone", port: { number: 80 } } } }];
      const spec = { rules: [{ host: "gone.example.com", http: { paths } }] };
      (all.all as Fields[]).push({ kind: "Ingress", metadata: { name: "gone", namespace: "prod" }, spec });
    },
  },
  {
    checks: ["checkov/CKV_K8S_152", "checkov/CKV_K8S_153", "checkov/CKV_K8S_154"],
    find: (all) =>
      objects(all.of("Ingress"), ({ metadata }) => {
        const { annotations = {} } = metadata as Fields;
        return Object.keys(annotations).some((key) => key.endsWith("-snippet")) && "has a snippet of configuration";
      }),
    mistake: (all) => {
      const annotations = { "nginx.ingress.kubernetes.io/server-snippet": "deny all;" };
      (all.all as Fields[]).push({ kind: "Ingress", metadata: { name: "snippet", annotations }, spec: {} });
    },
  },
];
