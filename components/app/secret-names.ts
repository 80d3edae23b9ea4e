import type { Problem } from "../core/problems";
import type { AppSettings } from "./args";

/** What the last words of a name say when its value is for few eyes. */
const SECRET =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|TOKEN|CREDENTIALS?|DSN|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION|LICENSE)_?KEY|SECRET_KEY_BASE)S?$/i;
/** `scheme://user:password@host`. */
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Settings stand in plain text in previews, in the state and in the description of every container. */
export function checkSecretNames(path: string, settings: AppSettings): Problem[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const at = `${path}.${name}`;
    // Whether there is a password is none; the path of a file neither.
    if (typeof value !== "boolean" && SECRET.test(name))
      return [
        { path: at, rule: "has the name of a secret, and settings are plain text for everybody", fix: wayOut(name) },
      ];
    if (typeof value === "string" && (URL_PASSWORD.test(value) || PRIVATE_KEY.test(value)))
      return [
        {
          path: at,
          rule: "has a password or a key in its value, and settings are plain text for everybody",
          fix: wayOut(name),
        },
      ];
    return [];
  });
}

function wayOut(name: string): string {
  return `Move it to secrets: { ${name}: … }, and let the app read the file whose path is in ${name}_FILE`;
}
