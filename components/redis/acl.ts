import { type SecretText, secretLines, secretText } from "../core/secrets";
import type { AllowedCommand } from "./args";
import { secret } from "./spec";

/**
 * All data and channels. Not what stops, empties, reads or changes the whole server: Redis calls these commands dangerous or
 * administrative (FLUSHALL, FLUSHDB, KEYS, CONFIG, DEBUG, SHUTDOWN, MODULE, ACL, MONITOR, REPLICAOF, MIGRATE …). INFO is among them but only
 * reads, and queue libraries ask for the version by it. Scripts (EVAL) are allowed, as locks and rate limits are made of them: a script can
 * do no more than its user. Functions are not: they would stay on the server.
 */
const APP = "~* &* +@all -@dangerous -@admin +info -function";

/** What the exporter asks, by subcommand; no key and no channel. */
const EXPORTER =
  "resetkeys resetchannels -@all +ping +info +config|get +client|setname +latency|latest +latency|histogram +slowlog|len +slowlog|get";

/** users.acl. Passwords are digests: who reads the file can check one, not use it. */
export function aclFile(name: string, allow: readonly AllowedCommand[] = []): SecretText {
  const digest = (user: "app" | "exporter" | "admin") => ({ secret: secret(name, user), as: "sha256" as const });
  const back = [...new Set(allow)].sort().map((command) => ` +${command}`);
  return secretLines([
    "user default off resetpass resetkeys resetchannels -@all",
    secretText`user app on #${digest("app")} ${[APP, ...back].join("")}`,
    secretText`user exporter on #${digest("exporter")} ${EXPORTER}`,
    secretText`user admin on #${digest("admin")} ~* &* +@all`,
  ]);
}
