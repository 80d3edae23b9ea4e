import { App } from "../../../components/app";
import { imageCatalogue } from "../../../components/core/images";
import { ProblemsError } from "../../../components/core/problems";
import { KubernetesTarget } from "../../../components/target/kubernetes";
import type { Workload } from "../../../components/target/workload";
import { deployStack } from "../../../stacks/deploy";
import { record } from "../../support/record";
import { BUILT_IMAGES } from "../../support/stacks";
import { type Case, component } from "./case";

const images = imageCatalogue();
const kubernetes = () => new KubernetesTarget({ stack: "prod" });

/** prod with these keys, after a run in which each broker had 20Gi. */
function prod(title: string, keys: Readonly<Record<string, string>>): Case {
  const all = {
    system: "kafka",
    target: "kubernetes",
    kafkaBrokers: "3",
    kafkaStorage: "20Gi",
    images: BUILT_IMAGES,
    ...keys,
  };
  const config = Object.fromEntries(Object.entries(all).map(([key, value]) => [`datastack:${key}`, value]));
  const previousOutputs = {
    "organization/datastack/prod": { volumes: { "kafka.data": { size: "20Gi", replicas: 3 } } },
  };
  return {
    title: `on Kubernetes: ${title}`,
    problems: async () => {
      try {
        await record(deployStack, { stack: "prod", config, previousOutputs });
        return [];
      } catch (error) {
        if (error instanceof ProblemsError) return error.problems;
        throw error;
      }
    },
  };
}

/** One workload, as somebody's own component would hand it over. */
function workload(title: string, given: Partial<Workload>): Case {
  const single: Workload = {
    name: "ledger",
    image: images.redis,
    ports: { api: { port: 8080 } },
    ready: { probe: { tcp: { port: "api" } } },
    stop: { grace: 10 },
    resources: { cpu: 1, memory: "256Mi" },
    volumes: [{ name: "data", path: "/data", size: "1Gi" }],
    ...given,
  };
  return {
    title: `on Kubernetes: ${title}`,
    problems: async () => kubernetes().check([{ services: [single] }]),
  };
}

export const CASES: readonly Case[] = [
  prod("a namespace that there cannot be", { namespace: "Data_Platform" }),
  prod("a volume smaller than before", { kafkaStorage: "10Gi" }),
  prod("fewer brokers than before", { kafkaBrokers: "1" }),
  prod("a quantity of another kind", { kafkaStorage: "100GB" }),
  prod("an unknown pull policy", { imagePullPolicy: "Sometimes" }),
  prod("a priority class that there cannot be", { priorityClass: "High Priority" }),
  prod("names where addresses should be", {
    apiServerCidrs: '["kubernetes.default.svc"]',
    dnsCidrs: '["169.254.20.10"]',
  }),
  workload("two replicas of a singleton with a volume", { replicas: 2 }),
  workload("a volume without a size", { volumes: [{ name: "data", path: "/data", size: "0Gi" }] }),
  workload("quantities that are none", { resources: { cpu: 0, memory: "256MB" as never } }),
  workload("a request above the limit", { resources: { cpu: 1, cpuRequest: 2, memory: "1Gi", memoryRequest: "2Gi" } }),
  workload("a Secret that nobody can have made", {
    files: [{ path: "/run/key", content: { existing: "My_Keys", key: "key" }, secret: true }],
  }),
  component(
    "on Kubernetes: an application as root",
    App,
    {
      image: { reference: "registry.example.com/shop:1", user: { uid: 0, gid: 0 } },
      resources: { cpu: 1, memory: "256Mi" },
      ready: { exec: ["test", "-f", "/tmp/ready"] },
    },
    kubernetes(),
    "shop",
  ),
];
