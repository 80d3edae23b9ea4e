import { accessLabel } from "../../../components/target/kubernetes/labels";
import { say } from "./cli";
import type { TestCluster } from "./kubernetes";
import { type Acknowledged, acknowledged, producerCommand, refused, SUCCESS } from "./stream";
import { until } from "./wait";

export interface PodProducerOptions {
  readonly image: string;
  readonly bootstrap: string;
  readonly topic: string;
  readonly prefix: number;
  /** Messages per second. */
  readonly rate: number;
}

/** What the producer prints goes to a file: of a log, which the kubelet rotates at 10 MiB, `kubectl logs` has the newest part only. */
const SENT = "/sent";
const FILE = `${SENT}/log`;

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
      (await producer.count()) > 0 ? undefined : (await producer.log()).slice(-500),
    );
    say(`${pod} sends ${options.rate} messages per second with acks=all`);
    return producer;
  }

  log(): Promise<string> {
    return this.cluster.exec(this.namespace, this.pod, `cat ${FILE}`);
  }

  /** How many messages are acknowledged by now. */
  async count(): Promise<number> {
    return Number(await this.cluster.exec(this.namespace, this.pod, `grep -c '${SUCCESS}' ${FILE} || [ $? -eq 1 ]`));
  }

  async reached(messages: number, seconds: number): Promise<void> {
    await until(`${messages} acknowledgements`, seconds, async () => {
      const have = await this.count();
      return have >= messages ? undefined : `${have}`;
    });
  }

  /** Waits until that many more are acknowledged than are now. */
  async goesOn(messages: number, seconds: number): Promise<void> {
    await this.reached((await this.count()) + messages, seconds);
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
      volumes: [{ name: "sent", emptyDir: {} }],
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1001, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "producer",
          image,
          command: ["/bin/sh", "-c", `exec "$@" >${FILE} 2>&1`, "producer", ...producerCommand(options)],
          volumeMounts: [{ name: "sent", mountPath: SENT }],
          resources: { limits: { cpu: "1", memory: "768Mi" }, requests: { cpu: "100m", memory: "256Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}
