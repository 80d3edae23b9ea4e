import { checkName } from "../core/names";
import type { Problem } from "../core/problems";
import { bytes } from "../core/units";
import { checkDuration } from "../monitoring/alert";
import type { AllowedCommand, EvictionPolicy, RedisArgs } from "./args";
import { mostClients, spec } from "./spec";

/** Every problem that the args have by themselves. */
export function validateRedis(name: string, args: RedisArgs): Problem[] {
  if (args.existing) return [...checkName("name", name), ...checkUse(args), ...checkExisting(args)];
  return [
    ...checkName("name", name),
    ...checkUse(args),
    ...checkEviction(args),
    ...checkMemory(name, args),
    ...checkChoice("fsync", args.fsync, ["everysec", "always"]),
    ...(args.allow ?? []).flatMap((command, i) => checkChoice(`allow[${i}]`, command, ALLOWED)),
    ...(args.idleTimeout === undefined ? [] : checkDuration("idleTimeout", args.idleTimeout)),
    ...checkPort("publish.port", args.publish?.port),
  ];
}

const POLICIES: readonly EvictionPolicy[] = [
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
  "noeviction",
];
const ALLOWED: readonly AllowedCommand[] = ["flushall", "flushdb", "function", "keys", "restore", "sort"];

function checkUse({ use }: RedisArgs): Problem[] {
  if (use === "cache" || use === "queue") return [];
  return [
    {
      path: "use",
      value: use,
      rule: 'must be "cache" or "queue": it decides what happens when memory is full',
      fix: 'Say "cache" if everything in it can be computed again, else "queue"',
    },
  ];
}

function checkEviction({ use, eviction }: RedisArgs): Problem[] {
  if (eviction === undefined) return [];
  const wrong = checkChoice("eviction", eviction, POLICIES);
  if (wrong.length > 0) return wrong;
  if (use === "queue" && eviction !== "noeviction") {
    return [
      {
        path: "eviction",
        value: eviction,
        rule: "would delete queued work, locks and sessions when memory is full",
        fix: 'Remove it: a queue has "noeviction". For data that can be computed again use a Redis of its own with use: "cache"',
      },
    ];
  }
  if (use === "cache" && eviction === "noeviction") {
    return [
      {
        path: "eviction",
        value: eviction,
        rule: "makes a cache refuse writes when it is full, and a cache is always full sooner or later",
        fix: 'Choose another policy, or use: "queue" if nothing in it may go',
      },
    ];
  }
  return [];
}

const MI = 2 ** 20;
const MIN_LIMIT = 64 * MI;
const MIN_DATA = 16 * MI;
const MAX_SHARE = 0.75;
/** The file may grow to twice the data before it is rewritten, into a new one beside it. */
const FILES_OF_DATA = 3;

function checkMemory(name: string, args: RedisArgs): Problem[] {
  const { resources, maxMemory, maxClients, clientMemory, storage } = spec(name, args);
  const problems: Problem[] = [];
  if (!(resources.cpu > 0)) {
    problems.push({ path: "resources.cpu", value: resources.cpu, rule: "must be a number of cores above 0" });
  }
  const limit = bytes(resources.memory);
  if (limit === undefined) return [...problems, notASize("resources.memory", resources.memory)];
  if (limit < MIN_LIMIT) {
    return [...problems, { path: "resources.memory", value: resources.memory, rule: "must be at least 64Mi" }];
  }
  if (args.maxMemory !== undefined) {
    if (bytes(args.maxMemory) === undefined) return [...problems, notASize("maxMemory", args.maxMemory)];
    if (maxMemory < MIN_DATA) {
      problems.push({ path: "maxMemory", value: args.maxMemory, rule: "must be at least 16Mi" });
    }
    if (maxMemory > limit * MAX_SHARE) {
      problems.push({
        path: "maxMemory",
        value: args.maxMemory,
        rule: `must be at most 75 % of the memory limit (resources.memory ${resources.memory}): the rest is for fragmentation and for what changes while the append-only file is rewritten`,
        fix: "Lower it, leave it out, or raise the limit",
      });
    }
  }
  const most = mostClients(clientMemory);
  if (!Number.isInteger(maxClients) || maxClients < 1) {
    problems.push({ path: "maxClients", value: args.maxClients, rule: "must be a whole number above 0" });
  } else if (args.maxClients !== undefined && maxClients > most) {
    problems.push({
      path: "maxClients",
      value: maxClients,
      rule: `must be at most ${most}: each connection may take 16Ki of the memory for clients, a tenth of maxMemory`,
      fix: "Lower it, or raise resources.memory",
    });
  }
  return [...problems, ...checkStorage(storage, maxMemory)];
}

function checkStorage(storage: string, maxMemory: number): Problem[] {
  const size = bytes(storage);
  if (size === undefined) return [notASize("storage.size", storage)];
  if (size >= maxMemory * FILES_OF_DATA) return [];
  return [
    {
      path: "storage.size",
      value: storage,
      rule: `must be at least three times the memory of the data, ${Math.ceil((maxMemory * FILES_OF_DATA) / MI)}Mi: the append-only file grows to twice the data and is then written anew beside it`,
      fix: "Enlarge the volume, or lower maxMemory",
    },
  ];
}

const WITH_EXISTING = new Set(["target", "transform", "images", "use", "existing"]);

function checkExisting(args: RedisArgs): Problem[] {
  const { host, port, cidrs, credentials } = args.existing ?? { host: "", cidrs: [], credentials: {} };
  const problems: Problem[] = Object.keys(args)
    .filter((key) => !WITH_EXISTING.has(key) && args[key as keyof RedisArgs] !== undefined)
    .map((key) => ({ path: key, rule: "has no effect on an existing server", fix: "Remove it, or remove existing" }));
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host)) {
    problems.push({
      path: "existing.host",
      value: host,
      rule: "must be a host name or an IPv4 address, without a port",
    });
  }
  problems.push(...checkPort("existing.port", port));
  if (cidrs.length === 0) {
    problems.push({ path: "existing.cidrs", rule: "must say where the server is, such as 10.0.0.0/16" });
  }
  cidrs.forEach((cidr, i) => {
    if (!/^[0-9A-Fa-f:.]+\/\d{1,3}$/.test(cidr)) {
      problems.push({ path: `existing.cidrs[${i}]`, value: cidr, rule: "must be a CIDR block such as 10.0.0.0/16" });
    }
  });
  for (const user of ["app", "exporter"] as const) {
    if (credentials[user as keyof typeof credentials] === undefined) {
      problems.push({
        path: `existing.credentials.${user}`,
        rule: "is missing: user and password there",
        fix: "The same credentials may be given twice, but an exporter needs fewer rights than an application",
      });
    }
  }
  return problems;
}

function checkChoice(path: string, value: string | undefined, choices: readonly string[]): Problem[] {
  if (value === undefined || choices.includes(value)) return [];
  return [{ path, value, rule: `must be one of ${choices.join(", ")}` }];
}

function checkPort(path: string, port: number | undefined): Problem[] {
  if (port === undefined || (Number.isInteger(port) && port >= 1 && port <= 65_535)) return [];
  return [{ path, value: port, rule: "must be a port, 1 to 65535" }];
}

function notASize(path: string, value: unknown): Problem {
  return { path, value, rule: "must be a size such as 512Mi or 10Gi: a number with Ki, Mi, Gi or Ti" };
}
