import type { Problem } from "../core/problems";
import type { KafkaArgs } from "./args";
export function validateKafka(_name: string, _args: KafkaArgs): Problem[] { return []; }
