import type { SecretContent, SecretValue } from "../core/secrets";
import type { Duration } from "../core/units";
import type { Severity } from "../monitoring/monitoring";
import type { Connection } from "../target/connection";

interface Outside {
  /** Tells also that an alert is over. @default true */
  readonly resolved?: boolean;
  /**
   * Address blocks where it is. On Kubernetes nothing else is let out; on Docker it is not used.
   * @default every address, on the receiver's port alone
   */
  readonly cidrs?: readonly string[];
}

/** Alertmanager's own JSON, posted to an address. */
export interface WebhookReceiver extends Outside {
  readonly kind: "webhook";
  /** `http://…` or `https://…`. A secret, because such addresses mostly have a token in them. */
  readonly url: SecretContent;
  /** Sent as `Authorization: Bearer …`. @default none */
  readonly token?: SecretValue;
  /** A service of the stack that it is. @default something outside, at `cidrs` */
  readonly to?: Connection;
  /** Port of the address, for the network policy on Kubernetes. @default 443 */
  readonly port?: number;
}

/** A Slack channel, by an incoming webhook. */
export interface SlackReceiver extends Outside {
  readonly kind: "slack";
  /** Address of the incoming webhook. */
  readonly url: SecretValue;
  /** @default the webhook's own channel */
  readonly channel?: string;
}

/** A Discord channel, by a webhook. */
export interface DiscordReceiver extends Outside {
  readonly kind: "discord";
  /** Address of the webhook. */
  readonly url: SecretValue;
}

export interface EmailReceiver extends Outside {
  readonly kind: "email";
  readonly to: readonly string[];
  readonly from: string;
  /** The mail server as `host:port`. Port 465 is TLS from the start, any other STARTTLS. */
  readonly server: `${string}:${number}`;
  /** @default none, as with a relay that knows its clients by their address */
  readonly login?: { readonly user: string; readonly password: SecretValue };
  /** Refuses a server without TLS. @default true */
  readonly tls?: boolean;
}

export type Receiver = WebhookReceiver | SlackReceiver | DiscordReceiver | EmailReceiver;

export type Receivers = Readonly<Record<string, Receiver>>;

/** Which receivers are told of alerts of a severity. */
export type Routes = Readonly<Partial<Record<Severity, readonly string[]>>>;

/** Who is told again and again that alerts work, and raises the alarm when that stops. */
export interface DeadMansSwitch {
  /** Name of the receiver. Unless `routes` name it too, it is told nothing else. */
  readonly receiver: string;
  /** From 1m to 15m. @default "5m" */
  readonly every?: Duration;
}

/** One secret of a receiver: what it is called there, where it lies, and its content. */
export interface ReceiverSecret {
  readonly key: string;
  readonly path: string;
  readonly content: SecretContent;
}

const SECRETS = "/etc/alertmanager/secrets";

/** The secrets that a receiver has, each in a file of its own. Of one that was refused, those that are there. */
export function receiverSecrets(name: string, receiver: Receiver): ReceiverSecret[] {
  const secret = (key: string, content: SecretContent | undefined): ReceiverSecret[] =>
    content === undefined ? [] : [{ key, path: secretPath(name, key), content }];
  switch (receiver.kind) {
    case "webhook":
      return [...secret("url", receiver.url), ...secret("token", receiver.token)];
    case "slack":
    case "discord":
      return secret("url", receiver.url);
    case "email":
      return secret("password", receiver.login?.password);
  }
}

export function secretPath(name: string, key: string): string {
  return `${SECRETS}/${name}-${key}`;
}

/** IPv4 and IPv6: services like Slack have no fixed addresses. */
const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/** Where a receiver is, as far as that is known: its address is a secret. */
export function receiverConnection(name: string, receiver: Receiver): Connection {
  if (receiver.kind === "webhook" && receiver.to) return receiver.to;
  const port = portOf(receiver);
  const host = receiver.kind === "email" ? receiver.server.slice(0, receiver.server.lastIndexOf(":")) : receiver.kind;
  const cidrs = receiver.cidrs ?? EVERYWHERE;
  return { id: name, kind: receiver.kind, port, peer: { cidrs }, host, endpoints: [`${host}:${port}`] };
}

function portOf(receiver: Receiver): number {
  if (receiver.kind === "email") return Number(receiver.server.slice(receiver.server.lastIndexOf(":") + 1));
  return receiver.kind === "webhook" ? (receiver.port ?? 443) : 443;
}
