import * as fs from "node:fs";
import * as path from "node:path";
import { which } from "../core/exec";
import { DEFAULT_NAME, layoutOf } from "./settings";

/** kubectl on PATH, else that of this machine's own node. */
export function findKubectl(): string | undefined {
  const own = path.join(layoutOf(DEFAULT_NAME).bin, "kubectl");
  return which("kubectl") ?? (fs.existsSync(own) ? own : undefined);
}
