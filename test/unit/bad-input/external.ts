import { imageCatalogue } from "../../../components/core/images";
import { KubeStateMetrics } from "../../../components/exporters";
import type { ExternalTarget } from "../../../components/monitoring/external";
import { Prometheus, type PrometheusArgs } from "../../../components/prometheus";
import { DockerTarget } from "../../../components/target/docker";
import { KubernetesTarget } from "../../../components/target/kubernetes";
import type { Target } from "../../../components/target/target";
import { type Case, component } from "./case";

const images = imageCatalogue();

const prometheus = (
  title: string,
  args: Partial<Omit<PrometheusArgs, "target">>,
  target: Target = new KubernetesTarget({ stack: "prod" }),
) => component(title, Prometheus, { images, monitoring: [], ...args } as Omit<PrometheusArgs, "target">, target);

const external = (title: string, target: Partial<ExternalTarget>, on?: Target) =>
  prometheus(title, { external: [{ job: "minio", port: 9000, ...target }] }, on);

const docker = () => new DockerTarget({ stack: "dev" });
const minio = { hosts: ["minio.example.com"], cidrs: ["192.0.2.0/24"] };

/** What is watched beside the stack. */
export const CASES: readonly Case[] = [
  external("external target that is nowhere", {}),
  external("external target whose pods Docker cannot find", { namespace: "storage" }, docker()),
  external("external target with an address for a host", { ...minio, hosts: ["https://minio.example.com:9000"] }),
  external("external hosts that are anywhere", { hosts: ["minio.example.com"] }),
  external("external host twice", { ...minio, hosts: ["a.example.com", "a.example.com"] }),
  external("external target without hosts", { ...minio, hosts: [] }),
  external("external pods with addresses", { namespace: "storage", cidrs: ["192.0.2.0/24"] }),
  external("external labels of no namespace", { ...minio, selector: { app: "minio" } }),
  external("external labels that are none", { namespace: "storage", selector: { "app name": "minio" } }),
  external("external address block that is none", { ...minio, cidrs: ["192.0.2.1"] }),
  external("external path without a slash", { ...minio, path: "minio/v2/metrics/cluster" }),
  external("external port out of range", { ...minio, port: 0 }),
  external("external pod port out of range", { hosts: ["minio.storage.svc"], namespace: "storage", podPort: 70_000 }),
  external("external pod port of a server outside", { ...minio, podPort: 9000 }),
  external("external pod port beside the one that pods are asked on", { namespace: "storage", podPort: 9001 }),
  external("external job that is taken", { ...minio, job: "prometheus" }),
  external("external job with blanks", { ...minio, job: "My MinIO" }),
  external("external instance label of one's own", { ...minio, labels: { instance: "one" } }),
  external("external timeout above the interval", { ...minio, interval: "5s" }),
  external("external certificate without https", { ...minio, serverName: "minio" }),
  external("external certificate that is a path", { ...minio, scheme: "https", ca: "/etc/ssl/minio.pem" }),
  external("external scheme that is none", { ...minio, scheme: "tcp" as never }),
  component("kube-state-metrics on Docker", KubeStateMetrics, { images }),
  component(
    "kube-state-metrics of a namespace that is none",
    KubeStateMetrics,
    { images, namespaces: ["Back End"] },
    new KubernetesTarget({ stack: "prod" }),
  ),
  prometheus("kubelets on Docker", { kubelet: { volumes: true } }, docker()),
  prometheus("kubelets without a question", { kubelet: { verify: true } }),
];
