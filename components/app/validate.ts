import { checkImageReference } from "../core/images";
import { checkName } from "../core/names";
import { nearest } from "../core/nearest";
import { type Problem, under } from "../core/problems";
import type { AlertDefinitions } from "../monitoring/alert";
import type { AppArgs, UsedServer } from "./args";
import { checkEnvironment } from "./environment";
import { HTTP_DIALECTS } from "./http-dialect";
import { checkKafkaClient } from "./kafka-client/validate";
import { checkMonitoring } from "./monitoring";
import { jobName, readyProbe, withJob } from "./plan";
import { checkSecretNames } from "./secret-names";

/** Every problem that the args have by themselves. `more` are alerts of a preset. */
export function validateApp(name: string, args: AppArgs, more: AlertDefinitions = {}): Problem[] {
  return [
    ...checkName("name", name),
    ...checkImageReference("image.reference", args.image.reference),
    ...checkReplicas(args),
    ...checkHttp(args),
    ...checkReady(args),
    ...checkUses(args),
    ...checkSecretNames("settings", args.settings ?? {}),
    ...checkEnvironment(name, args),
    ...checkJobs(name, args),
    ...checkMonitoring(name, args, more),
  ];
}

function checkReplicas({ replicas = 1 }: AppArgs): Problem[] {
  if (Number.isInteger(replicas) && replicas >= 1) return [];
  return [{ path: "replicas", value: replicas, rule: "must be a whole number of at least 1" }];
}

function checkHttp({ http, ports = {}, metrics }: AppArgs): Problem[] {
  const problems: Problem[] = [];
  if (http) {
    problems.push(...checkPort("http.port", http.port));
    const health: string | undefined = http.health;
    if (typeof health !== "string" || health.trim() === "")
      problems.push({
        path: "http.health",
        rule: "must be given: without it, traffic and dependents would come before the app can serve",
        fix: 'Give the path that answers 200 when it can, such as "/health/"',
      });
    else problems.push(...checkUrlPath("http.health", health));
    if (http.alive !== undefined) problems.push(...checkUrlPath("http.alive", http.alive));
    if (typeof http.dialect === "string" && !(http.dialect in HTTP_DIALECTS))
      problems.push({
        path: "http.dialect",
        value: http.dialect,
        rule: `must be one of ${Object.keys(HTTP_DIALECTS).join(", ")}, or a dialect of your own`,
      });
    if (http.expectsTraffic && !http.dialect)
      problems.push({ path: "http.expectsTraffic", rule: "needs a dialect, which says what counts requests" });
    if (http.publish?.port !== undefined) problems.push(...checkPort("http.publish.port", http.publish.port));
  }
  for (const [port, number] of Object.entries(ports)) {
    if (port === "http" || port === "metrics")
      problems.push({ path: `ports.${port}`, rule: "is the name of a port of http or metrics", fix: "Choose another" });
    problems.push(...checkPort(`ports.${port}`, number));
  }
  if (metrics?.port !== undefined) problems.push(...checkPort("metrics.port", metrics.port));
  if (metrics && metrics.port === undefined && !http)
    problems.push({ path: "metrics.port", rule: "must be given for an app without http" });
  return problems;
}

function checkUrlPath(path: string, value: string): Problem[] {
  if (/^\/[^\s'"]*$/.test(value)) return [];
  return [{ path, value, rule: 'must begin with "/" and have no spaces or quotes' }];
}

/** Nothing runs as root, so nothing binds a port below 1024 on every engine. */
function checkPort(path: string, port: number): Problem[] {
  if (Number.isInteger(port) && port >= 1024 && port <= 65535) return [];
  return [{ path, value: port, rule: "must be a port number from 1024 to 65535" }];
}

function checkReady(args: AppArgs): Problem[] {
  if (readyProbe(args) || args.metrics) return [];
  return [
    {
      path: "ready",
      rule: "must be given for an app without http and without metrics: nothing else says whether it works",
      fix: 'Give a probe, such as { exec: ["test", "-f", "/tmp/ready"] }, or the port of its metrics',
    },
  ];
}

function checkUses({ uses = {} }: AppArgs): Problem[] {
  const { database, redis, kafka } = uses;
  return [
    ...(database ? checkServer("uses.database", database, ["postgres"]) : []),
    ...(database?.connection.kind === "postgres" && !(database.name ?? database.connection.database)
      ? [{ path: "uses.database.name", rule: "must be given: the connection names no database" }]
      : []),
    ...(redis ? checkServer("uses.redis", redis, ["redis"]) : []),
    ...(kafka ? checkKind("uses.kafka", kafka, ["kafka"]) : []),
    ...(kafka && kafka.connection.endpoints.length === 0
      ? [{ path: "uses.kafka.connection.endpoints", rule: "must name at least one broker as host:port" }]
      : []),
    ...(kafka?.client ? checkKafkaClient("uses.kafka.client", kafka.client) : []),
  ];
}

function checkDatabaseUser(path: string, { uses }: AppArgs, job: AppArgs): Problem[] {
  const [own, other] = [uses?.database?.user, job.uses?.database];
  if (!other || other.user === own) return [];
  return checkServer("", other, [other.connection.kind]).map((p) => ({ ...p, path: `${path}.databaseUser` }));
}

function checkKind(path: string, { connection }: UsedServer, kinds: readonly string[]): Problem[] {
  if (kinds.includes(connection.kind)) return [];
  return [
    { path: `${path}.connection`, value: connection.kind, rule: `must be a connection of ${kinds.join(" or ")}` },
  ];
}

function checkServer(path: string, used: UsedServer, kinds: readonly string[]): Problem[] {
  const known = Object.keys(used.connection.credentials ?? {}).sort();
  const problems = checkKind(path, used, kinds);
  if (used.user !== undefined && !known.includes(used.user)) {
    const close = nearest(used.user, known);
    const fix = close ? `The nearest is ${close}` : `It has ${known.join(", ") || "no users"}`;
    problems.push({ path: `${path}.user`, value: used.user, rule: `is no user of ${used.connection.id}`, fix });
  }
  if (used.user === undefined && known.length > 1)
    problems.push({
      path: `${path}.user`,
      rule: `must be given: ${used.connection.id} has several users`,
      fix: `Choose one of ${known.join(", ")}`,
    });
  return problems;
}

function checkJobs(name: string, args: AppArgs): Problem[] {
  return Object.entries(args.before ?? {}).flatMap(([key, job]) => {
    const path = `before.${key}`;
    const both = withJob(args, job);
    const app = new Set(checkEnvironment(name, args).map((p) => p.path));
    return [
      ...under(path, checkName("name", jobName(name, key))),
      ...(job.command.length > 0 ? [] : [{ path: `${path}.command`, rule: "must name a command" }]),
      ...checkSecretNames(`${path}.settings`, job.settings ?? {}),
      ...checkDatabaseUser(path, args, both),
      ...under(
        path,
        checkEnvironment(name, both).filter((p) => !app.has(p.path)),
      ),
    ];
  });
}
