import * as os from "node:os";
import * as path from "node:path";

const CHECKOUT = path.resolve(__dirname, "..");

/** The kubeconfig of the configuration, to read it: relative to the checkout, or to the home with `~/`. */
export function kubeconfigPath(configured: string): string {
  return path.resolve(CHECKOUT, configured.replace(/^~(?=\/)/, os.homedir()));
}

/**
 * The same file as the provider is told of it. That is an input, kept in the state: the content would put keys there, and where a
 * checkout or a home is would be an update of the provider on every other machine. So it is relative to the folder of the program,
 * where Pulumi runs providers, and `~/` is left to the provider, which knows it.
 */
export function providerKubeconfig(configured: string): string {
  if (path.isAbsolute(configured) || configured.startsWith("~/")) return configured;
  return path.relative(__dirname, path.resolve(CHECKOUT, configured));
}

/** Where the provider would look, in its order. */
export function kubeconfigFiles(configured?: string): string[] {
  if (configured) return [kubeconfigPath(configured)];
  const listed = (process.env.KUBECONFIG ?? "").split(path.delimiter).filter((file) => file !== "");
  return listed.length > 0 ? listed : [path.join(os.homedir(), ".kube", "config")];
}
