import * as pulumi from "@pulumi/pulumi";
import { type ComponentArgs, deploy } from "../core/component";
import type { ImageCatalogue } from "../core/images";
import { checkName } from "../core/names";
import { type Problem, refuse, under } from "../core/problems";
import { isExisting, secretText } from "../core/secrets";
import type { AlertTuning, Monitoring } from "../monitoring/monitoring";
import { serviceTarget } from "../monitoring/scrape";
import { type Connection, type Credentials, connectionTo } from "../target/connection";
import type { Deployed } from "../target/target";
import type { File, Plan, Resources, Workload } from "../target/workload";
import { checkClient, startsHere } from "./client";
import { checkRedisTuning, type RedisAlert, redisRules } from "./redis-exporter-alerts";
import { redisExporterDashboards, redisExporterHighlights } from "./redis-exporter-dashboards";

export interface RedisExporterArgs extends ComponentArgs {
  readonly images: ImageCatalogue;
  /** The server to watch: a `Redis` of this stack, or one of elsewhere; with credentials for `exporter`. */
  readonly redis: Connection;
  /** Limits. @default 0.25 cores, 64Mi */
  readonly resources?: Resources;
  /** Leaves alerts out or changes them. */
  readonly alerts?: AlertTuning<RedisAlert>;
}

const PORT = 9121;
const FILES = "/opt/datastack/redis-exporter";
const PASSWORDS = `${FILES}/passwords.json`;
/** Of a Secret that somebody else keeps. */
const PASSWORD = `${FILES}/password`;
const START = `${FILES}/start.sh`;
const MADE = "/tmp/passwords.json";
/** Who it is on the server; see the users of `Redis`. */
const USER = "exporter";

/**
 * What a Redis server says of itself as metrics: memory, clients, keys, commands, persistence, replication.
 *
 * ```ts
 * new RedisExporter("redis-exporter", { target, images, redis: redis.connection });
 * ```
 *
 * It asks as a user who may read these figures and no key. It answers for this server alone: the exporter's way to be sent to any other,
 * with its password, is closed.
 */
export class RedisExporter extends pulumi.ComponentResource {
  static readonly type = "datastack:index:RedisExporter";
  readonly connection: Connection;
  readonly monitoring: Monitoring;
  readonly nodes: Deployed["nodes"];

  constructor(name: string, args: RedisExporterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(RedisExporter.type, name, {}, opts);
    refuse(under(name, RedisExporter.validate(name, args)));
    this.connection = RedisExporter.connection(name, args);
    this.monitoring = RedisExporter.monitoring(name, args);
    this.nodes = deploy(RedisExporter.plan(name, args), args, this).nodes;
    this.registerOutputs({});
  }

  static validate(name: string, args: RedisExporterArgs): Problem[] {
    return [
      ...checkName("name", name),
      ...checkClient("redis", args.redis, "redis", USER),
      ...checkRedisTuning("alerts", args.alerts),
    ];
  }

  static plan(name: string, args: RedisExporterArgs): Plan {
    const { host, port, credentials } = args.redis;
    const { user, password } = credentials?.[USER] ?? { user: USER, password: "" };
    const login = passwordOf(`redis://${user}@${host}:${port}`, password);
    return {
      services: [
        {
          name,
          image: args.images.redisExporter,
          command: login.command,
          args: [
            `--redis.addr=redis://${host}:${port}`,
            `--redis.user=${user}`,
            `--redis.password-file=${login.file}`,
            `--web.listen-address=:${PORT}`,
            // Off by default, and without it nothing is known of the host's memory.
            "--include-system-metrics",
            "--disable-scrape-endpoint",
          ],
          files: login.files,
          ...(login.scratch ? { scratch: login.scratch } : {}),
          // Once it runs it does so without its server too, and says so: that is what RedisDown is made of.
          needs: [{ to: args.redis, start: startsHere(args.redis) }],
          ports: { metrics: { port: PORT } },
          ready: { probe: { http: { port: "metrics", path: "/health" } } },
          resources: args.resources ?? { cpu: 0.25, memory: "64Mi" },
          stop: { grace: 10 },
        },
      ],
    };
  }

  static connection(name: string, args: RedisExporterArgs): Connection {
    return connectionTo(args.target, name, { kind: "redis-exporter", port: PORT });
  }

  static monitoring(name: string, args: RedisExporterArgs): Monitoring {
    const page = { name: "metrics", number: PORT };
    const target = serviceTarget(name, page, RedisExporter.connection(name, args));
    return {
      targets: [target],
      rules: redisRules(name, args.alerts),
      dashboards: redisExporterDashboards(),
      highlights: redisExporterHighlights(name),
    };
  }
}

interface Login {
  readonly command: readonly string[];
  /** What the exporter reads. */
  readonly file: string;
  readonly files: readonly File[];
  readonly scratch?: NonNullable<Workload["scratch"]>;
}

/** It reads passwords as JSON by address. Of one that is not known here that is made where it starts. */
function passwordOf(address: string, password: Credentials["password"]): Login {
  const command = ["/redis_exporter"];
  if (!isExisting(password)) {
    const content = secretText`{"${address}":"${{ secret: password, as: "json" }}"}\n`;
    return { command, file: PASSWORDS, files: [{ path: PASSWORDS, content, secret: true }] };
  }
  return {
    command: ["/bin/sh", START, ...command],
    file: MADE,
    files: [
      { path: START, content: startScript(address), executable: true },
      { path: PASSWORD, content: password, secret: true },
    ],
    scratch: { "/tmp": "1Mi" },
  };
}

function startScript(address: string): string {
  return `#!/bin/sh
set -eu
umask 077
escaped=$(sed 's/[\\\\"]/\\\\&/g' ${PASSWORD})
# printf is the shell's own: no command line shows the password.
printf '{"%s":"%s"}\\n' '${address}' "$escaped" >${MADE}
exec "$@"
`;
}
