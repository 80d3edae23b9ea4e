import { bytes, type Size } from "../../core/units";
import type { AppArgs, AppJob, AppSettings } from "../args";
import { RESOURCES, replicasOf, STOP_GRACE } from "../spec";
import type { DjangoAppArgs } from "./args";
import { GUNICORN, gunicornConfig, START, START_SCRIPT, SUPERUSER, SUPERUSER_SCRIPT } from "./scripts";
import { type WorkerLimits, workersFor } from "./workers";

export const PORT = 8000;
const STATIC_PATH = "/app/static";
const STATIC_SIZE: Size = "32Mi";
const SLOW_SECONDS = 1;

export function secretKeyOf(name: string) {
  return { generated: `${name}-secret-key`, length: 50 };
}

export function superuserSecretOf(name: string) {
  return { generated: `${name}-superuser` };
}

/** What a Django project is as an app: the preset is arguments, and nothing else. */
export function appArgs(name: string, args: DjangoAppArgs): AppArgs {
  const { target, transform, image, http, settings, secrets, readyTiming, monitoring, needs, after, files } = args;
  const port = http.port ?? PORT;
  return {
    target,
    ...(transform ? { transform } : {}),
    image,
    command: [args.python ?? "python3", START],
    args: gunicorn(args, port),
    replicas: args.replicas ?? 1,
    http: { ...http, port, dialect: "django" },
    // Processes share one page, and nothing of one process alone is on it.
    metrics: { ...args.metrics, process: false },
    settings: { ...settings, ...djangoSettings(name, args) },
    secrets: { DJANGO_SECRET_KEY: secretKeyOf(name), ...secrets },
    uses: args.uses,
    before: jobs(name, args),
    files: [
      { path: START, content: START_SCRIPT },
      { path: GUNICORN, content: gunicornConfig(args.slowRequestSeconds ?? SLOW_SECONDS) },
      { path: SUPERUSER, content: SUPERUSER_SCRIPT },
      ...(files ?? []),
    ],
    scratch: scratch(args),
    resources: args.resources ?? DJANGO_RESOURCES,
    stopGrace: args.stopGrace ?? STOP_GRACE,
    ...(needs ? { needs } : {}),
    ...(after ? { after } : {}),
    ...(readyTiming ? { readyTiming } : {}),
    ...(args.alerts ? { alerts: args.alerts as NonNullable<AppArgs["alerts"]> } : {}),
    ...(monitoring ? { monitoring } : {}),
  };
}

export const DJANGO_RESOURCES = { ...RESOURCES, memory: "384Mi" } as const;

/** Variables that the preset sets; a project reads them in its settings. */
export function djangoSettings(name: string, args: DjangoAppArgs): AppSettings {
  const { corsOrigins = [], csrfTrustedOrigins = [], https = false } = args;
  const files = staticFiles(args);
  return {
    DJANGO_ALLOWED_HOSTS: allowedHosts(name, args).join(","),
    ...(corsOrigins.length > 0 ? { DJANGO_CORS_ORIGINS: corsOrigins.join(",") } : {}),
    ...(csrfTrustedOrigins.length > 0 ? { DJANGO_CSRF_TRUSTED_ORIGINS: csrfTrustedOrigins.join(",") } : {}),
    ...(https ? { DJANGO_HTTPS: "true" } : {}),
    ...(files ? { DJANGO_STATIC_ROOT: files.path, COLLECT_STATIC: "true" } : {}),
  };
}

/** The container's own address is added when it is known; see the start script. */
function allowedHosts(name: string, args: DjangoAppArgs): string[] {
  const replicas = replicasOf(args);
  const ordinals = Array.from({ length: replicas > 1 ? replicas : 0 }, (_, i) => args.target.host(name, i));
  return [...new Set(["localhost", "127.0.0.1", name, args.target.host(name), ...ordinals, ...(args.hosts ?? [])])];
}

export function staticFiles({ static: files = {} }: DjangoAppArgs): { path: string; size: Size } | undefined {
  if (files === "image") return undefined;
  return { path: files.path ?? STATIC_PATH, size: files.size ?? STATIC_SIZE };
}

function scratch(args: DjangoAppArgs): Readonly<Record<string, Size>> {
  const files = staticFiles(args);
  return { "/tmp": "64Mi", ...args.scratch, ...(files ? { [files.path]: files.size } : {}) };
}

export function limits(args: DjangoAppArgs): WorkerLimits {
  return {
    resources: args.resources ?? DJANGO_RESOURCES,
    scratch: Object.values(scratch(args)).reduce((sum, size) => sum + (bytes(size) ?? 0), 0),
    stopGrace: args.stopGrace ?? STOP_GRACE,
  };
}

function gunicorn(args: DjangoAppArgs, port: number): string[] {
  const { processes, threads, timeout, graceful } = workersFor(limits(args), args.workers);
  return [
    args.python ?? "python3",
    "-m",
    "gunicorn",
    args.wsgi,
    `--config=${args.workers?.config ?? GUNICORN}`,
    `--bind=0.0.0.0:${port}`,
    "--worker-class=gthread",
    `--workers=${processes}`,
    `--threads=${threads}`,
    `--timeout=${timeout}`,
    `--graceful-timeout=${graceful}`,
    // Heartbeats are files: on a disk they would wait for it.
    "--worker-tmp-dir=/tmp",
  ];
}

function jobs(name: string, args: DjangoAppArgs): Record<string, AppJob> {
  const python = args.python ?? "python3";
  const { migrations = {}, superuser = {} } = args;
  return {
    ...(migrations === false
      ? {}
      : {
          migrate: {
            command: [python, "manage.py", "migrate", "--noinput", ...(migrations.args ?? [])],
            ...(migrations.timeout === undefined ? {} : { timeout: migrations.timeout }),
            ...(migrations.user === undefined ? {} : { databaseUser: migrations.user }),
          },
        }),
    ...(superuser === false
      ? {}
      : {
          superuser: {
            command: [python, "manage.py", "shell", "--verbosity=0", "--command", `exec(open("${SUPERUSER}").read())`],
            settings: {
              DJANGO_SUPERUSER_NAME: superuser.name ?? "admin",
              ...(superuser.email === undefined ? {} : { DJANGO_SUPERUSER_EMAIL: superuser.email }),
            },
            secrets: { DJANGO_SUPERUSER_PASSWORD: superuserSecretOf(name) },
          },
        }),
  };
}
