import * as os from "node:os";
import * as path from "node:path";

/** The kubeconfig of the configuration, wherever the program or a provider runs: relative to the checkout, or to the home with `~/`. */
export function kubeconfigPath(configured: string): string {
  return path.resolve(__dirname, "..", configured.replace(/^~(?=\/)/, os.homedir()));
}
