import { setTimeout as sleep } from "node:timers/promises";
import { say } from "./cli";
import { attempt, docker, inspect } from "./docker";
import type { E2eStack } from "./stack";
import { type Acknowledged, acknowledged, producerCommand, refused } from "./stream";
import { until } from "./wait";

/** A producer in a container of its own on the stack's network, which the faults of the test do not reach. */
export class DockerProducer {
  private constructor(readonly container: string) {}

  static async start(
    stack: E2eStack,
    options: { topic: string; prefix: number; rate: number },
  ): Promise<DockerProducer> {
    const { kafka, name } = stack;
    const [broker] = kafka.brokers;
    if (!broker) throw new Error("no broker");
    const tools = kafka.tools(broker);
    const image = (await inspect(`${name}-${kafka.name}-0`)).Config.Image;
    const container = `${name}-producer-${options.prefix}`;
    const command = producerCommand({ bootstrap: tools.bootstrap, ...options });
    const [entrypoint = "", ...args] = command;
    await docker(
      ...["run", "--detach", "--name", container, "--network", name, "--label", `datastack.e2e=${name}`],
      ...["--entrypoint", entrypoint, image, ...args],
    );
    const producer = new DockerProducer(container);
    await until("first acknowledgement", 60, async () =>
      (await producer.acknowledged()).length > 0 ? undefined : (await producer.log()).slice(-500),
    );
    say(`${container} sends ${options.rate} messages per second with acks=all`);
    return producer;
  }

  async log(): Promise<string> {
    return (await attempt("logs", this.container)).text;
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

  /** Lets what is on its way end, and resolves with all that was acknowledged. */
  async stop(): Promise<Acknowledged[]> {
    await attempt("stop", "--time", "30", this.container);
    await sleep(500);
    const log = await this.log();
    const sent = acknowledged(log);
    say(`${this.container}: ${sent.length} acknowledged, ${refused(log)} refused`);
    return sent;
  }
}
