import { type GeneratedSecret, generatedIn } from "../core/secrets";
import { type Connection, connectionTo } from "../target/connection";
import type { Job, Plan, Port, Probe, Publication, Workload } from "../target/workload";
import type { AppArgs, AppJob } from "./args";
import { databaseWorkload, environment } from "./environment";
import { identityOf, imageOf, metricsPage, RESOURCES, replicasOf, SCRATCH, STOP_GRACE } from "./spec";

export function appPlan(name: string, args: AppArgs): Plan {
  return { secrets: ownSecrets(name, args), services: [workload(name, args)], jobs: jobs(name, args) };
}

/** Port that others reach the app by; a worker has none but that of its metrics. */
export function appConnection(name: string, args: AppArgs): Connection {
  const port = args.http?.port ?? Object.values(args.ports ?? {})[0] ?? metricsPage(args)?.port.number ?? 0;
  return connection(name, args, name, args.http ? "http" : "app", port);
}

export function metricsConnection(name: string, args: AppArgs): Connection {
  return connection(name, args, `${name}-metrics`, "prometheus-metrics", metricsPage(args)?.port.number ?? 0);
}

function connection(name: string, args: AppArgs, id: string, kind: string, port: number): Connection {
  const own = identityOf(args) === "stable" ? { replicas: replicasOf(args) } : {};
  return connectionTo(args.target, name, { id, kind, port, ...own });
}

/** Those that are called after the app are generated with it; the others belong to somebody. */
function ownSecrets(name: string, { secrets = {}, before = {} }: AppArgs): GeneratedSecret[] {
  const contents = [
    ...Object.values(secrets),
    ...Object.values(before).flatMap((job) => Object.values(job.secrets ?? {})),
  ];
  const own = contents.flatMap(generatedIn).filter(({ generated }) => generated.startsWith(`${name}-`));
  return [...new Map(own.map((secret) => [secret.generated, secret])).values()];
}

function workload(name: string, args: AppArgs): Workload {
  const { env, files, needs } = environment(name, args);
  const identity = identityOf(args);
  const { http, stopGrace = STOP_GRACE } = args;
  const publish = http?.publish;
  const last = Object.keys(args.before ?? {}).at(-1);
  const after = [...(args.after ?? []), ...(last === undefined ? [] : [jobName(name, last)])];
  return {
    name,
    image: imageOf(args.image),
    ...(args.command ? { command: args.command } : {}),
    ...(args.args ? { args: args.args } : {}),
    env,
    files,
    needs,
    scratch: args.scratch ?? SCRATCH,
    ports: ports(args),
    replicas: replicasOf(args),
    identity,
    ...(publish && http && identity === "stable"
      ? { perReplica: (replica: number) => ({ publish: { http: published(http.port, publish, replica) } }) }
      : {}),
    ready: { probe: readyProbe(args) ?? { exec: ["false"] }, ...args.readyTiming },
    ...(http?.alive === undefined ? {} : { alive: { http: { port: "http", path: http.alive } } }),
    resources: args.resources ?? RESOURCES,
    stop: { grace: stopGrace },
    ...(after.length > 0 ? { after } : {}),
  };
}

/** A worker that answers for its metrics is at work. */
export function readyProbe(args: AppArgs): Probe | undefined {
  if (args.ready) return args.ready;
  if (args.http) return { http: { port: "http", path: args.http.health } };
  const page = metricsPage(args);
  return page ? { http: { port: page.port.name, path: page.path } } : undefined;
}

function ports(args: AppArgs): Record<string, Port> {
  const { http, ports: others = {} } = args;
  const page = metricsPage(args);
  const publish = http?.publish && identityOf(args) === "none" ? published(http.port, http.publish, 0) : undefined;
  return {
    ...(http ? { http: { port: http.port, ...(publish ? { publish } : {}) } } : {}),
    ...(page && page.port.name === "metrics" ? { metrics: { port: page.port.number } } : {}),
    ...Object.fromEntries(Object.entries(others).map(([name, port]) => [name, { port }])),
  };
}

function published(port: number, publish: { port?: number; address?: string }, replica: number): Publication {
  return {
    host: (publish.port ?? port) + replica,
    ...(publish.address === undefined ? {} : { address: publish.address }),
  };
}

export function jobName(app: string, job: string): string {
  return `${app}-${job}`;
}

/** One after the other, each with all that the app itself has. Anew when the database was. */
function jobs(name: string, args: AppArgs): Job[] {
  const entries = Object.entries(args.before ?? {});
  const restores = databaseWorkload(args.uses);
  return entries.map(([key, job], i) => {
    const previous = entries[i - 1]?.[0];
    const { env, files, needs } = environment(name, withJob(args, job));
    return {
      name: jobName(name, key),
      image: imageOf(args.image),
      command: job.command,
      ...(job.args ? { args: job.args } : {}),
      env,
      files,
      needs,
      scratch: args.scratch ?? SCRATCH,
      resources: job.resources ?? args.resources ?? RESOURCES,
      ...(job.timeout === undefined ? {} : { timeout: job.timeout }),
      after: [...(args.after ?? []), ...(previous === undefined ? [] : [jobName(name, previous)])],
      ...(restores === undefined ? {} : { restores: [restores] }),
    };
  });
}

/** The app's args with what one of its jobs has beside them. */
export function withJob(args: AppArgs, job: AppJob): AppArgs {
  const { uses, settings, secrets, ...rest } = args;
  const { database } = uses ?? {};
  return {
    ...rest,
    settings: { ...settings, ...job.settings },
    secrets: { ...secrets, ...job.secrets },
    uses: {
      ...uses,
      ...(database && job.databaseUser !== undefined ? { database: { ...database, user: job.databaseUser } } : {}),
    },
  };
}
