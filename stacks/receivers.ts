import { z } from "zod";
import type { Receiver, Receivers } from "../components/alertmanager";
import type { Problem } from "../components/core/problems";
import { checkFile, readSecret, secretIn } from "./secret-files";

const file = (description: string) => z.string().min(1).meta({ description });

const url = { urlFile: file("File with the address, which has a token in it.") };

/** Who is told of alerts. Secrets are not configuration: they stay in files of the machine that deploys. */
export const receiverSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("webhook"), ...url, port: z.int().min(1).max(65535).optional() }),
  z.strictObject({ kind: z.literal("slack"), ...url, channel: z.string().optional() }),
  z.strictObject({ kind: z.literal("discord"), ...url }),
  z.strictObject({
    kind: z.literal("email"),
    to: z.array(z.string().min(1)).min(1),
    from: z.string().min(1),
    server: z.templateLiteral([z.string().min(1), ":", z.int()]),
    user: z.string().min(1).optional(),
    passwordFile: file("File with the password of `user`.").optional(),
  }),
]);

export type ReceiverConfig = z.infer<typeof receiverSchema>;

/** The receivers as components take them, their secrets read from the files. */
export function receiversOf(configured: Readonly<Record<string, ReceiverConfig>>): Receivers {
  return Object.fromEntries(Object.entries(configured).map(([name, receiver]) => [name, receiverOf(receiver)]));
}

/** Files of secrets that cannot be read, and a user without a password. */
export function checkReceivers(at: string, configured: Readonly<Record<string, ReceiverConfig>>): Problem[] {
  return Object.entries(configured).flatMap(([name, receiver]) => {
    if (receiver.kind !== "email") return checkFile(`${at}.${name}.urlFile`, receiver.urlFile);
    const { user, passwordFile } = receiver;
    if ((user === undefined) !== (passwordFile === undefined))
      return [{ path: `${at}.${name}`, rule: "must have user and passwordFile together, or neither" }];
    return passwordFile === undefined ? [] : checkFile(`${at}.${name}.passwordFile`, passwordFile);
  });
}

function receiverOf(receiver: ReceiverConfig): Receiver {
  if (receiver.kind === "email") {
    const { kind, to, from, server, user, passwordFile } = receiver;
    const login = user && passwordFile ? { login: { user, password: secretIn(passwordFile) } } : {};
    return { kind, to, from, server, ...login };
  }
  const { urlFile, ...rest } = receiver;
  const url = secretIn(urlFile);
  if (rest.kind === "discord") return { ...rest, url };
  if (rest.kind === "slack") return { kind: rest.kind, url, ...(rest.channel ? { channel: rest.channel } : {}) };
  return { kind: rest.kind, url, port: rest.port ?? portOf(readSecret(urlFile) ?? "") };
}

/** What the network has to let through: that of the address, or of its scheme. */
function portOf(address: string): number {
  const { port, protocol } = URL.parse(address) ?? { port: "", protocol: "https:" };
  return Number(port) || (protocol === "http:" ? 80 : 443);
}
