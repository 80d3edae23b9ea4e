import { accessLabel } from "../../../components/target/kubernetes/labels";
import { say } from "./cli";
import type { TestCluster } from "./kubernetes";
import { type Acknowledged, acknowledged, producerCommand, refused } from "./stream";
import { until } from "./wait";

export interface PodProducerOptions {
  readonly image: string;
  readonly bootstrap: string;
  readonly topic: string;
  readonly prefix: number;
  /** Messages per second. */
  readonly rate: number;
}

/** A producer in a pod of its own in the stack's namespace; it keeps the restricted profile like everything there. */
export class PodProducer {
  private constructor(
    private readonly cluster: TestCluster,
    private readonly namespace: string,
    readonly pod: string,
  ) {}

  static async start(cluster: TestCluster, namespace: string, options: PodProducerOptions): Promise<PodProducer> {
    const pod = `producer-${options.prefix}`;
    const created = await cluster.attempt(["apply", "-f", "-"], JSON.stringify(manifest(namespace, pod, options)));
    if (created.code !== 0) throw new Error(created.text);
    const producer = new PodProducer(cluster, namespace, pod);
    await until("first acknowledgement", 90, async () =>
      (await producer.acknowledged()).length > 0 ? undefined : (await producer.log()).slice(-500),
    );
    say(`${pod} sends ${options.rate} messages per second with acks=all`);
    return producer;
  }

  async log(): Promise<string> {
    return (await this.cluster.attempt(["logs", "--namespace", this.namespace, this.pod])).text;
  }

  async acknowledged(): Promise<Acknowledged[]> {
    return acknowledged(await this.log());
  }

  async reached(messages: number, seconds: number): Promise<void> {
    await until(`${messages} acknowledgements`, seconds, async () => {
      const have = (await this.acknowledged()).length;
      return have >= messages ? undefined : `${have}`;
    });
  }

  /** Reads what was acknowledged until now, and ends it. */
  async stop(): Promise<Acknowledged[]> {
    const log = await this.log();
    await this.cluster.attempt(["delete", "pod", "--namespace", this.namespace, this.pod, "--grace-period=5"]);
    const sent = acknowledged(log);
    say(`${this.pod}: ${sent.length} acknowledged, ${refused(log)} refused`);
    return sent;
  }
}

function manifest(namespace: string, name: string, { image, ...options }: PodProducerOptions): object {
  const port = Number(options.bootstrap.split(",")[0]?.split(":")[1]);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { [accessLabel("kafka", port)]: "true" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1001, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "producer",
          image,
          command: producerCommand(options),
          resources: { limits: { cpu: "1", memory: "768Mi" }, requests: { cpu: "100m", memory: "256Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}
