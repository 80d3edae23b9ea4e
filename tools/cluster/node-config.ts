import * as path from "node:path";
import { AGGREGATOR } from "./certificates";
import { type Layout, NETWORK, nodeName, PORTS, PROVISIONER } from "./settings";

/** A program of the node with its arguments, in the order in which they start. */
export interface NodeProgram {
  readonly name: string;
  readonly args: readonly string[];
}

/** The kubelet's configuration (JSON is YAML). */
export function kubeletConfig(layout: Layout, resolvConf: string): string {
  const certificate = (name: string): string => path.join(layout.certificates, name);
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: NETWORK.node,
    port: PORTS.kubelet,
    healthzBindAddress: "127.0.0.1",
    healthzPort: PORTS.kubeletHealth,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificate("ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: certificate("kubelet.crt"),
    tlsPrivateKeyFile: certificate("kubelet.key"),
    containerRuntimeEndpoint: `unix://${layout.socket}`,
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [NETWORK.dns],
    clusterDomain: NETWORK.domain,
    resolvConf,
    maxPods: 200,
    // every image was loaded by hand and cannot be pulled again: none is ever collected
    imageGCHighThresholdPercent: 100,
    // absolute, not the default 10 %: of a developer's disk more than 90 % is often in use
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi" },
    // the rules it would write are kube-proxy's business by now
    makeIPTablesUtilChains: false,
    volumePluginDir: path.join(layout.kubelet, "volume-plugins"),
    containerLogMaxSize: "10Mi",
    containerLogMaxFiles: 5,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Everything that runs on the host besides containerd. */
export function nodePrograms(layout: Layout): NodeProgram[] {
  return [
    { name: "etcd", args: etcd(layout) },
    { name: "kube-apiserver", args: apiServer(layout) },
    { name: "kube-controller-manager", args: controllerManager(layout) },
    {
      name: "kube-scheduler",
      args: [...kubeconfigs(layout, "kube-scheduler"), "--leader-elect=false", ...local(PORTS.scheduler)],
    },
    {
      name: "kubelet",
      args: [
        `--config=${path.join(layout.config, "kubelet.json")}`,
        `--kubeconfig=${clientConfig(layout, "kubelet")}`,
        `--root-dir=${layout.kubelet}`,
        `--hostname-override=${nodeName(layout)}`,
        `--node-ip=${NETWORK.node}`,
        // what containers use is counted by a part that knows nothing of the endpoint in the configuration
        `--containerd=${layout.socket}`,
        // placement by zone works as in a cloud, with a single zone
        "--node-labels=topology.kubernetes.io/region=local,topology.kubernetes.io/zone=local",
      ],
    },
    {
      name: "kube-proxy",
      args: [
        `--kubeconfig=${clientConfig(layout, "kube-proxy")}`,
        "--proxy-mode=iptables",
        `--cluster-cidr=${NETWORK.pods}`,
        `--hostname-override=${nodeName(layout)}`,
        `--healthz-bind-address=127.0.0.1:${PORTS.proxyHealth}`,
        `--metrics-bind-address=127.0.0.1:${PORTS.proxyMetrics}`,
        // node ports answer on the node's address, which no other machine reaches
        `--nodeport-addresses=${NETWORK.node}/32`,
        "--iptables-localhost-nodeports=false",
        // 0: leave the machine's connection tracking as it is
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
      ],
    },
    {
      name: "local-volumes",
      args: [
        `--kubeconfig=${clientConfig(layout, "local-volumes")}`,
        `--root=${layout.volumes}`,
        `--node=${nodeName(layout)}`,
        `--provisioner=${PROVISIONER}`,
      ],
    },
  ];
}

export function clientConfig(layout: Layout, client: string): string {
  return path.join(layout.config, `${client}.kubeconfig`);
}

function etcd(layout: Layout): string[] {
  const certificate = (name: string): string => path.join(layout.certificates, name);
  const tls = (prefix: string): string[] => [
    `--${prefix}cert-file=${certificate("etcd.crt")}`,
    `--${prefix}key-file=${certificate("etcd.key")}`,
    `--${prefix}trusted-ca-file=${certificate("ca.crt")}`,
    `--${prefix}client-cert-auth`,
  ];
  const client = `https://127.0.0.1:${PORTS.etcd}`;
  const peer = `https://127.0.0.1:${PORTS.etcdPeer}`;
  return [
    "--name=node",
    `--data-dir=${layout.etcd}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=node=${peer}`,
    "--log-level=warn",
    ...tls(""),
    ...tls("peer-"),
  ];
}

function apiServer(layout: Layout): string[] {
  const certificate = (name: string): string => path.join(layout.certificates, name);
  return [
    `--bind-address=${NETWORK.node}`,
    `--advertise-address=${NETWORK.node}`,
    `--secure-port=${PORTS.api}`,
    `--service-cluster-ip-range=${NETWORK.services}`,
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    // Pod Security admission is among the defaults
    "--enable-admission-plugins=NodeRestriction",
    `--etcd-servers=https://127.0.0.1:${PORTS.etcd}`,
    `--etcd-cafile=${certificate("ca.crt")}`,
    `--etcd-certfile=${certificate("etcd.crt")}`,
    `--etcd-keyfile=${certificate("etcd.key")}`,
    `--client-ca-file=${certificate("ca.crt")}`,
    `--tls-cert-file=${certificate("kube-apiserver.crt")}`,
    `--tls-private-key-file=${certificate("kube-apiserver.key")}`,
    `--kubelet-certificate-authority=${certificate("ca.crt")}`,
    `--kubelet-client-certificate=${certificate("kubelet-client.crt")}`,
    `--kubelet-client-key=${certificate("kubelet-client.key")}`,
    // logs, exec and port-forward: the node's name is in nobody's DNS
    "--kubelet-preferred-address-types=InternalIP",
    // extension API servers, such as the metrics server
    `--requestheader-client-ca-file=${certificate("ca.crt")}`,
    `--requestheader-allowed-names=${AGGREGATOR}`,
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${certificate("aggregator.crt")}`,
    `--proxy-client-key-file=${certificate("aggregator.key")}`,
    `--service-account-issuer=https://kubernetes.default.svc.${NETWORK.domain}`,
    `--service-account-key-file=${certificate("service-accounts.pub")}`,
    `--service-account-signing-key-file=${certificate("service-accounts.key")}`,
  ];
}

function controllerManager(layout: Layout): string[] {
  const certificate = (name: string): string => path.join(layout.certificates, name);
  return [
    ...kubeconfigs(layout, "kube-controller-manager"),
    ...local(PORTS.controllerManager),
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--root-ca-file=${certificate("ca.crt")}`,
    `--service-account-private-key-file=${certificate("service-accounts.key")}`,
    `--cluster-signing-cert-file=${certificate("ca.crt")}`,
    `--cluster-signing-key-file=${certificate("ca.key")}`,
    // the pods' addresses come from the one range of the CNI configuration
    "--allocate-node-cidrs=false",
  ];
}

function kubeconfigs(layout: Layout, client: string): string[] {
  const file = clientConfig(layout, client);
  return [`--kubeconfig=${file}`, `--authentication-kubeconfig=${file}`, `--authorization-kubeconfig=${file}`];
}

function local(port: number): string[] {
  return ["--bind-address=127.0.0.1", `--secure-port=${port}`];
}
