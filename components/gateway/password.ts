import { createHmac } from "node:crypto";
import { encodeBase64, hashSync, truncates } from "bcryptjs";
import { ProblemsError } from "../core/problems";

/** Two to the power of it: about 50 ms of the controller for each request with a password. */
const COST = 10;
const SALT_BYTES = 16;

/** The longest that bcrypt looks at, in bytes. */
export const MAX_PASSWORD = 72;

/**
 * A line of a password file. The salt comes from a key that is kept as long as the stack: another one at every run would be a change
 * at every run, and a constant one would tell which users of two stacks have the same password.
 */
export function passwordLine(path: string, user: string, password: string, key: string): string {
  if (password === "" || truncates(password))
    throw new ProblemsError([{ path, rule: `must have 1 to ${MAX_PASSWORD} bytes: bcrypt looks at no more` }]);
  const salt = createHmac("sha256", key)
    .update(JSON.stringify([user, password]))
    .digest()
    .subarray(0, SALT_BYTES);
  return `${user}:${hashSync(password, `$2b$${COST}$${encodeBase64(salt, SALT_BYTES)}`)}\n`;
}
