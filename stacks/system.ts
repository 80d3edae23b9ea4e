import type { Blueprint } from "../components/core/blueprint";
import type { StackConfig } from "./config";

/** A row of the table that is printed after `up`. */
export interface ServiceRow {
  readonly service: string;
  /** How it is reached from the machine that deployed it, or from inside the stack. */
  readonly url: string;
  readonly note: string;
}

/** Declares the components of a system and says where its services will be. */
export type System = (stack: Blueprint, config: StackConfig) => ServiceRow[];
