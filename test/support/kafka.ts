import { imageCatalogue } from "../../components/core/images";
import type { KafkaArgs } from "../../components/kafka";
import type { Target } from "../../components/target/target";
import type { File } from "../../components/target/workload";

/** The half of a target that components use before anything is constructed. */
export const target = {
  kind: "docker",
  stack: "dev",
  host: (workload: string, replica?: number) => (replica === undefined ? workload : `${workload}-${replica}`),
} as Target;

export function kafkaArgs(args: Partial<KafkaArgs> = {}): KafkaArgs {
  return { target, images: imageCatalogue(), ...args };
}

/** Content of the one file whose path ends like that. */
export function fileOf(files: readonly File[] | undefined, ending: string): string {
  const found = (files ?? []).filter((file) => file.path.endsWith(ending));
  const [file] = found;
  if (!file || found.length > 1 || typeof file.content !== "string") throw new Error(`${found.length} files ${ending}`);
  return file.content;
}
