import { stringify } from "yaml";
import { inhibitRules } from "./inhibit";
import { type Receiver, type Receivers, secretPath } from "./receivers";
import { repeating, SEVERITIES, type Settings, told } from "./settings";
import { TEMPLATES_FILE } from "./templates";

export const CONFIG_FILE = "/etc/alertmanager/alertmanager.yml";
export const DATA = "/alertmanager";

/** Alertmanager's receivers that are ours; people's cannot be called so. */
export const NOBODY = "nobody";
export const WATCHDOG = "watchdog";

/** alertmanager.yml: the same settings give the same bytes. There is no secret in it. */
export function alertmanagerConfig(settings: Settings): string {
  const { watchdog, receivers, groupWait, groupInterval, repeat } = settings;
  const config = {
    global: { resolve_timeout: "5m" },
    templates: [TEMPLATES_FILE],
    route: {
      receiver: NOBODY,
      group_by: ["stack", "job", "alertname"],
      group_wait: groupWait,
      group_interval: groupInterval,
      repeat_interval: repeat.warning,
      routes: [watchdogRoute(watchdog), ...severityRoutes(settings)],
    },
    inhibit_rules: inhibitRules(settings.monitoring),
    receivers: [
      { name: NOBODY },
      ...told(settings).map((name) => renderReceiver(name, name, receivers)),
      ...(watchdog ? [renderReceiver(WATCHDOG, watchdog.receiver, receivers, false)] : []),
    ],
  };
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** First, and without `continue`: what fires always is nobody's alert. */
function watchdogRoute(watchdog: Settings["watchdog"]) {
  const matchers = ['alertname="Watchdog"'];
  if (!watchdog) return { receiver: NOBODY, matchers };
  return {
    receiver: WATCHDOG,
    matchers,
    ...repeating(watchdog.every),
  };
}

/** By severity; what has none that is known, such as an alert of somebody else's rules, counts as a warning. */
const MATCHERS = {
  critical: 'severity="critical"',
  warning: 'severity!~"critical|info"',
  info: 'severity="info"',
} as const;

/** All that match: without `continue`, only the first receiver of a severity would be told. */
function severityRoutes({ routes, repeat }: Settings) {
  return SEVERITIES.flatMap((severity) =>
    routes[severity].map((receiver) => ({
      receiver,
      matchers: [MATCHERS[severity]],
      repeat_interval: repeat[severity],
      continue: true,
    })),
  );
}

/** `as` is what Alertmanager calls it, `name` what it was declared as. */
function renderReceiver(as: string, name: string, receivers: Receivers, always?: false) {
  const receiver = receivers[name];
  if (!receiver) return { name: as };
  const resolved = always ?? receiver.resolved ?? true;
  return { name: as, [`${receiver.kind}_configs`]: [renderIntegration(name, receiver, resolved)] };
}

const template = (name: string) => `{{ template "datastack.${name}" . }}`;

function renderIntegration(name: string, receiver: Receiver, resolved: boolean) {
  const secret = (key: string) => secretPath(name, key);
  switch (receiver.kind) {
    case "webhook":
      return {
        url_file: secret("url"),
        send_resolved: resolved,
        ...(receiver.token === undefined
          ? {}
          : { http_config: { authorization: { type: "Bearer", credentials_file: secret("token") } } }),
      };
    case "slack":
      return {
        api_url_file: secret("url"),
        send_resolved: resolved,
        ...(receiver.channel === undefined ? {} : { channel: receiver.channel }),
        color: template("color"),
        title: template("title"),
        fallback: template("title"),
        text: template("text"),
      };
    case "discord":
      return {
        webhook_url_file: secret("url"),
        send_resolved: resolved,
        title: template("title"),
        message: template("text"),
      };
    case "email":
      return {
        to: receiver.to.join(", "),
        from: receiver.from,
        smarthost: receiver.server,
        send_resolved: resolved,
        ...(receiver.login ? { auth_username: receiver.login.user, auth_password_file: secret("password") } : {}),
        require_tls: receiver.tls ?? true,
        headers: { Subject: template("title") },
        text: template("text"),
        html: template("html"),
      };
  }
}
