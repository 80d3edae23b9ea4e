import type { Problem } from "../../core/problems";
import { validateApp } from "../validate";
import { djangoAlerts } from "./alerts";
import { appArgs, djangoSettings, limits, staticFiles } from "./app-args";
import type { DjangoAppArgs } from "./args";
import { checkWorkers } from "./workers";

/** Every problem that the args have by themselves. */
export function validateDjangoApp(name: string, args: DjangoAppArgs): Problem[] {
  return [
    ...checkWsgi(args),
    ...checkOwnSettings(name, args),
    ...checkHosts(args),
    ...checkOrigins("corsOrigins", args.corsOrigins),
    ...checkOrigins("csrfTrustedOrigins", args.csrfTrustedOrigins),
    ...checkSlow(args),
    ...checkSuperuser(args),
    ...checkWorkers(limits(args), args.workers),
    ...checkStatic(args),
    ...validateApp(name, appArgs(name, args), djangoAlerts(name)).map((problem) => renamed(problem)),
  ];
}

/** Arguments of the app that the preset calls otherwise. */
function renamed(problem: Problem): Problem {
  const path = problem.path.replace(/^before\.migrate\.databaseUser/, "migrations.user");
  return path === problem.path ? problem : { ...problem, path };
}

function checkWsgi({ wsgi }: DjangoAppArgs): Problem[] {
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$/.test(wsgi)) return [];
  return [
    { path: "wsgi", value: wsgi, rule: 'must be the Python module of the WSGI application, such as "shop.wsgi"' },
  ];
}

/** What to use instead of the variable. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  COLLECT_STATIC: "static",
  DJANGO_ALLOWED_HOSTS: "hosts",
  DJANGO_CORS_ORIGINS: "corsOrigins",
  DJANGO_CSRF_TRUSTED_ORIGINS: "csrfTrustedOrigins",
  DJANGO_HTTPS: "https",
  DJANGO_STATIC_ROOT: "static",
  PROMETHEUS_MULTIPROC_DIR: "",
};

function checkOwnSettings(name: string, args: DjangoAppArgs): Problem[] {
  const own = new Set([...Object.keys(ARGUMENTS), ...Object.keys(djangoSettings(name, args))]);
  return Object.keys(args.settings ?? {})
    .filter((key) => own.has(key))
    .map((key) => ({
      path: `settings.${key}`,
      rule: "is set by DjangoApp",
      fix: ARGUMENTS[key] ? `Use ${ARGUMENTS[key]}` : "Remove it",
    }));
}

function checkHosts({ hosts = [] }: DjangoAppArgs): Problem[] {
  return hosts.flatMap((host, i) =>
    /^\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)
      ? []
      : [
          {
            path: `hosts[${i}]`,
            value: host,
            rule: 'must be a name, or a domain with a "." before it for all below it; every host would let links in mails lead elsewhere',
            fix: 'Give the names that users type, such as "shop.example.com"',
          },
        ],
  );
}

function checkOrigins(path: string, origins: readonly string[] = []): Problem[] {
  return origins.flatMap((origin, i) =>
    /^https?:\/\/[^\s/?#@*,]+$/.test(origin)
      ? []
      : [
          {
            path: `${path}[${i}]`,
            value: origin,
            rule: 'must be one origin: scheme, host, and a port where it is not the usual one, without a path or "*"',
            fix: 'Write it like "https://shop.example.com"',
          },
        ],
  );
}

function checkSlow({ slowRequestSeconds = 1 }: DjangoAppArgs): Problem[] {
  if (Number.isFinite(slowRequestSeconds) && slowRequestSeconds > 0) return [];
  return [{ path: "slowRequestSeconds", value: slowRequestSeconds, rule: "must be a number of seconds above 0" }];
}

function checkSuperuser({ superuser = {} }: DjangoAppArgs): Problem[] {
  if (superuser === false || superuser.name === undefined || /^[\w.@+-]{1,150}$/.test(superuser.name)) return [];
  return [
    {
      path: "superuser.name",
      value: superuser.name,
      rule: 'must be a user name as Django takes it: letters, digits, "@", ".", "+", "-" and "_", at most 150',
    },
  ];
}

/** Over the code, the files in memory would hide it. */
function checkStatic(args: DjangoAppArgs): Problem[] {
  const files = staticFiles(args);
  if (!files || files.path.split("/").filter((part) => part !== "").length >= 2) return [];
  return [
    {
      path: "static.path",
      value: files.path,
      rule: "must be a directory of its own, at least two levels deep: files in memory hide what the image has there",
      fix: 'Use one such as "/app/static", which STATIC_ROOT then is',
    },
  ];
}
