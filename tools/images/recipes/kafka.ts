import * as fs from "node:fs";
import * as path from "node:path";
import { IMAGES } from "../../../components/core/images";
import { inRoot } from "../../core/paths";
import { buildGo } from "../../toolchain/go";
import { KAFKA_EXPORTER } from "../../toolchain/programs";
import type { Entry } from "../archive";
import { debianRoot, type Root } from "../debian";
import { KAFKA_TOOLS, toolScript } from "../kafka/scripts";
import { type Artifact, mavenFiles } from "../maven";
import type { Recipe } from "./recipe";

const KAFKA = "/opt/kafka";
const KAFKA_VERSION = "4.3.1";
const KAFKA_ROOT: Root = {
  name: "kafka",
  packages: ["openjdk-21-jre-headless"],
  user: { name: "kafka", ...IMAGES.kafka.user },
};
const KAFKA_FILES = inRoot("tools/images/kafka");

export const kafka: Recipe = {
  name: "kafka",
  version: KAFKA_VERSION,
  settings: {
    user: String(IMAGES.kafka.user.uid),
    workdir: KAFKA,
    env: { KAFKA_HOME: KAFKA, LANG: "C.UTF-8", PATH: `/usr/local/bin:/usr/bin:/bin:${KAFKA}/bin` },
  },
  programs: [KAFKA_EXPORTER],
  content: () => JSON.stringify([KAFKA_ROOT, kafkaJars(), kafkaTexts()]),
  root: (progress) => debianRoot(KAFKA_ROOT, progress),
  entries: async (progress) => {
    const { uid } = IMAGES.kafka.user;
    const jars = kafkaJars();
    // downloads and the compiler do not stand in each other's way
    const [files, agent, exporter] = await Promise.all([
      mavenFiles(jars.libraries, progress),
      mavenFiles([jars.agent], progress),
      buildGo(KAFKA_EXPORTER, progress),
    ]);
    return [
      ...files.map((file): Entry => ({ path: `${KAFKA}/libs/${path.basename(file)}`, from: { file } })),
      ...kafkaTexts().map(({ path, text, mode }): Entry => ({ path, from: { text }, mode })),
      { path: "/opt/prometheus-jmx-exporter/jmx_prometheus_javaagent.jar", from: { file: agent[0] ?? "" } },
      { path: "/opt/kafka-exporter/kafka_exporter", from: { file: exporter }, mode: 0o755 },
      // a volume that is mounted here takes its owner from the folder
      { path: "/var/lib/kafka", owner: uid },
    ];
  },
};

/** Scripts and configuration of Kafka's image that are ours. */
function kafkaTexts(): { path: string; text: string; mode: number }[] {
  const read = (file: string): string => fs.readFileSync(path.join(KAFKA_FILES, file), "utf8");
  const files = [
    "config/log4j2.yaml",
    "config/tools-log4j2.yaml",
    "bin/kafka-run-class.sh",
    "bin/kafka-server-start.sh",
  ];
  return [
    ...files.map((file) => ({
      path: `${KAFKA}/${file}`,
      text: read(file),
      mode: file.endsWith(".sh") ? 0o755 : 0o644,
    })),
    ...Object.entries(KAFKA_TOOLS).map(([name, tool]) => ({
      path: `${KAFKA}/bin/${name}.sh`,
      text: toolScript(tool),
      mode: 0o755,
    })),
  ];
}

/** Kafka with what it needs, as Maven resolves it, a logging backend and the JMX agent: exact versions and checksums. */
export function kafkaJars(): { readonly libraries: readonly Artifact[]; readonly agent: Artifact } {
  return JSON.parse(fs.readFileSync(path.join(KAFKA_FILES, "jars.lock.json"), "utf8"));
}
