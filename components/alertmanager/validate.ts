import * as pulumi from "@pulumi/pulumi";
import { checkName } from "../core/names";
import { type Problem, ProblemsError } from "../core/problems";
import { isGenerated, type SecretContent } from "../core/secrets";
import { seconds } from "../core/units";
import { checkDuration } from "../monitoring/alert";
import { checkPort } from "../target/check";
import { checkAlertmanagerTuning } from "./alerts";
import { NOBODY, WATCHDOG } from "./config";
import type { AlertmanagerArgs } from "./index";
import type { EmailReceiver, Receiver, WebhookReceiver } from "./receivers";
import { SEVERITIES, type Settings, settings, told } from "./settings";

/** How long Alertmanager remembers what it told whom, in hours: its default. */
const REMEMBERS = 120;

const KINDS = ["webhook", "slack", "discord", "email"];

export function validateAlertmanager(name: string, args: AlertmanagerArgs): Problem[] {
  const all = settings(args);
  return [
    ...checkName("name", name),
    ...Object.entries(all.receivers).flatMap(([receiver, of]) => checkReceiver(receiver, of)),
    ...checkRoutes(all),
    ...checkWatchdog(all, args.routes === undefined),
    ...checkTimes(all),
    ...checkUrl(args.url),
    ...(args.publish ? checkPort("publish.port", args.publish.port) : []),
    ...checkAlertmanagerTuning("alerts", args.alerts),
  ];
}

/** An address that is not known before it is used is checked then; the message does not show it. */
export function checkedSecret(path: string, content: SecretContent): SecretContent {
  if (!pulumi.Output.isInstance(content) && !(content instanceof Promise)) return content;
  return pulumi.output(content).apply((text) => {
    const problems = checkAddress(path, text);
    if (problems.length > 0) throw new ProblemsError(problems);
    return text;
  });
}

function checkReceiver(name: string, receiver: Receiver): Problem[] {
  const at = `receivers.${name}`;
  const problems = checkName(at, name);
  if (name === NOBODY || name === WATCHDOG)
    problems.push({
      path: at,
      rule: "is a name that this component uses itself",
      fix: "Give the receiver another one",
    });
  if (!KINDS.includes(receiver.kind)) {
    problems.push({ path: `${at}.kind`, value: receiver.kind, rule: `must be one of ${KINDS.join(", ")}` });
    return problems;
  }
  if (receiver.kind === "email") return [...problems, ...checkEmail(at, receiver)];
  return [
    ...problems,
    ...checkSecretAddress(`${at}.url`, receiver.url),
    ...(receiver.kind === "webhook" ? checkWebhook(at, receiver) : []),
  ];
}

function checkWebhook(at: string, { token, port }: WebhookReceiver): Problem[] {
  return [
    ...(port === undefined ? [] : checkPort(`${at}.port`, port)),
    ...(token === "" ? [missing(`${at}.token`, "Take it out, or give a secret of the configuration")] : []),
  ];
}

function checkEmail(at: string, { to, from, server, login }: EmailReceiver): Problem[] {
  const [, port] = /^[^\s:]+:(\d+)$/.exec(server) ?? [];
  const noLogin = login && (login.password === undefined || login.password === "");
  return [
    ...(to.length > 0 ? [] : [{ path: `${at}.to`, rule: "must name at least one address" }]),
    ...to.flatMap((address, i) => checkMailbox(`${at}.to[${i}]`, address)),
    ...checkMailbox(`${at}.from`, from),
    ...(port && Number(port) >= 1 && Number(port) <= 65_535
      ? []
      : [{ path: `${at}.server`, value: server, rule: 'must be a host and a port, such as "smtp.example.com:587"' }]),
    ...(login?.user === "" ? [{ path: `${at}.login.user`, rule: "must not be empty" }] : []),
    ...(noLogin ? [missing(`${at}.login.password`, "Give a secret of the configuration, or leave out login")] : []),
  ];
}

function checkMailbox(path: string, value: string): Problem[] {
  if (/^[^\s@,]+@[^\s@,]+$/.test(value)) return [];
  return [{ path, value, rule: "must be an e-mail address without a name" }];
}

/** The secret itself: there, and an address as far as that can be said yet. */
function checkSecretAddress(path: string, content: SecretContent | undefined): Problem[] {
  if (content === undefined || content === null || content === "")
    return [missing(path, 'Give a secret of the configuration, such as config.requireSecret("alertWebhook")')];
  if (isGenerated(content)) return [{ path, rule: "must be an address, and a generated password is none" }];
  return typeof content === "string" ? checkAddress(path, content) : [];
}

function checkAddress(path: string, text: string): Problem[] {
  if (/^https?:\/\/[^\s/]+\S*$/.test(text)) return [];
  return [{ path, rule: "must be an address that begins with http:// or https://, without spaces or line feeds" }];
}

function missing(path: string, fix: string): Problem {
  return { path, rule: "is a secret that the receiver needs, and it is empty", fix };
}

function checkRoutes({ receivers, routes }: Settings): Problem[] {
  const unknown = Object.keys(routes)
    .filter((severity) => !(SEVERITIES as readonly string[]).includes(severity))
    .map((severity) => ({ path: `routes.${severity}`, rule: `must be one of ${SEVERITIES.join(", ")}` }));
  return [
    ...unknown,
    ...SEVERITIES.flatMap((severity) =>
      routes[severity].flatMap((name, i) => [
        ...known(`routes.${severity}[${i}]`, name, receivers),
        ...(routes[severity].indexOf(name) === i
          ? []
          : [{ path: `routes.${severity}[${i}]`, value: name, rule: "is there twice" }]),
      ]),
    ),
    ...untold({ receivers, routes }),
  ];
}

/** Receivers, but none of them for what wakes people: that is no choice, it is a mistake. */
function untold({ receivers, routes }: Pick<Settings, "receivers" | "routes">): Problem[] {
  if (Object.keys(receivers).length === 0 || routes.critical.length > 0 || routes.warning.length === 0) return [];
  return [
    {
      path: "routes.critical",
      rule: "must name a receiver, because warnings have one",
      fix: "Add the receiver of warnings here too",
    },
  ];
}

function known(path: string, name: string, receivers: Settings["receivers"]): Problem[] {
  if (name in receivers) return [];
  const names = Object.keys(receivers).sort().join(", ");
  return [{ path, value: name, rule: "is no receiver", fix: names ? `There are: ${names}` : "There is no receiver" }];
}

function checkWatchdog(all: Settings, byDefault: boolean): Problem[] {
  const { watchdog, receivers } = all;
  const idle = Object.keys(receivers).filter((name) => !told(all).includes(name) && name !== watchdog?.receiver);
  const problems: Problem[] = idle.map((name) => ({
    path: `receivers.${name}`,
    rule: "is told of nothing",
    fix: "Name it in routes, or take it out",
  }));
  if (!watchdog) return problems;
  const duration = checkDuration("watchdog.every", watchdog.every);
  const every = seconds(watchdog.every) ?? 0;
  return [
    ...problems,
    ...known("watchdog.receiver", watchdog.receiver, receivers),
    ...(byDefault && watchdog.receiver in receivers && told(all).length === 0 ? [nobodyTold(watchdog.receiver)] : []),
    ...duration,
    ...(duration.length > 0 || (every >= 60 && every <= 900)
      ? []
      : [{ path: "watchdog.every", value: watchdog.every, rule: "must be from 1m to 15m" }]),
  ];
}

/** The switch would be told that all is well, and nobody that it is not. */
function nobodyTold(receiver: string): Problem {
  return {
    path: "watchdog.receiver",
    value: receiver,
    rule: "is the only receiver, and the watchdog's is told of no alerts, so that nobody would be",
    fix: "Give a second receiver, for people (it may have the same address)",
  };
}

function checkTimes({ repeat, groupWait, groupInterval }: Settings): Problem[] {
  const problems = [
    ...SEVERITIES.flatMap((severity) => checkDuration(`repeat.${severity}`, repeat[severity])),
    ...checkDuration("groupWait", groupWait, true),
    ...checkDuration("groupInterval", groupInterval),
  ];
  if (problems.length > 0) return problems;
  const least = seconds(groupInterval) ?? 0;
  return SEVERITIES.flatMap((severity): Problem[] => {
    const value = seconds(repeat[severity]) ?? 0;
    const path = `repeat.${severity}`;
    if (value < least)
      return [{ path, value: repeat[severity], rule: `must be at least the group interval (${groupInterval})` }];
    if (value <= REMEMBERS * 3600) return [];
    const rule = `must be at most ${REMEMBERS}h, because Alertmanager then forgets that it has told anybody`;
    return [{ path, value: repeat[severity], rule }];
  });
}

function checkUrl(url: string | undefined): Problem[] {
  if (url === undefined || /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url)) return [];
  return [
    { path: "url", value: url, rule: 'must be an address such as "https://alerts.example.com", without a query' },
  ];
}
