import * as pulumi from "@pulumi/pulumi";
import type { Image } from "../../components/core/images";
import type { ScrapeTarget } from "../../components/monitoring/scrape";
import type { Connection } from "../../components/target/connection";
import type { Placement, Target } from "../../components/target/target";
import {
  type Agent,
  HOST_ADDRESS,
  type Job,
  type Plan,
  type Schedule,
  type Workload,
} from "../../components/target/workload";

/**
 * The workloads of the contract suite. Each target runs the same definitions, on the recording engine and on a real one, and
 * its test says what has to have come of them. They need nothing but busybox.
 */

/** busybox with `sh`, `httpd` (with CGI), `wget`, `nc`, `setsid`; its user is nobody. */
export const BUSYBOX: Image = {
  reference: "datastack.local/busybox:1.35",
  source: "local",
  user: { uid: 65534, gid: 65534 },
  probe: "wget",
};

/** What a secret of the cases holds; the taint checks look for it, its hashes and its base64. */
export const SECRET = "correct-horse-battery-staple";

/** A server outside the stack, known by its addresses (TEST-NET-1). */
export const MANAGED: Connection = {
  id: "managed-database",
  kind: "postgres",
  port: 5432,
  peer: { cidrs: ["192.0.2.10/32", "192.0.2.11/32"] },
  host: "db.example.com",
  endpoints: ["db.example.com:5432"],
};

export interface CaseOptions {
  /** Part of one file of `counter` and of nothing else: with another value only that workload may change. @default 1 */
  readonly revision?: number;
  /** Result of the job's first attempts that the counter answers with 503. @default 1 */
  readonly failures?: number;
  readonly image?: Image;
}

const small = { cpu: 0.1, memory: "32Mi" } as const;
const stop = { grace: 2 };
const script = (text: string): readonly string[] => ["/bin/sh", "-c", text];

/** Three replicas with identity, an own volume each, prepared before they exist, and one published port each. */
export function ring({ image = BUSYBOX }: CaseOptions = {}): Workload {
  return {
    name: "ring",
    image,
    // Without its preparation it must not start, and it never prepares by itself.
    command: script(
      'test -f /data/prepared || { echo "volume is not prepared" >&2; exit 1; }; ' +
        "cp /etc/ring/replica-$DATASTACK_REPLICA.conf /tmp/work/conf && exec httpd -f -p 8080 -h /data",
    ),
    files: [{ path: "/etc/ring/common.conf", content: "members=3\n" }],
    perReplica: (replica) => ({
      files: [{ path: `/etc/ring/replica-${replica}.conf`, content: `id=${replica}\n` }],
    }),
    scratch: { "/tmp/work": "1Mi" },
    volumes: [
      {
        name: "data",
        path: "/data",
        size: "64Mi",
        prepare: (replica) => ({
          // Idempotent: what it finds stays.
          command: script('test -f /data/prepared || cp "$SOURCE" /data/prepared'),
          env: { SOURCE: "/etc/ring/identity" },
          files: [{ path: "/etc/ring/identity", content: `replica ${replica}\n` }],
          timeout: 60,
        }),
      },
    ],
    ports: { http: { port: 8080 } },
    replicas: 3,
    identity: "stable",
    ready: { probe: { http: { port: "http", path: "/prepared" } }, period: 1, startWithin: 90 },
    alive: { tcp: { port: "http" } },
    stop,
    resources: small,
  };
}

/** Counts the attempts of the job (`?register`) in memory and answers its first ones with 503. Its `revision` file is the one that changes. */
export function counter({ image = BUSYBOX, revision = 1, failures = 1 }: CaseOptions = {}): Workload {
  return {
    name: "counter",
    image,
    command: script("mkdir -p /tmp/www && cd /tmp/www && ln -sf /www/cgi-bin . && exec httpd -f -p 8080 -h /tmp/www"),
    files: [
      { path: "/etc/counter/revision", content: `revision=${revision}\n` },
      {
        path: "/www/cgi-bin/attempt",
        executable: true,
        content: [
          "#!/bin/sh",
          'if [ "$QUERY_STRING" = register ]; then echo x >> /tmp/attempts; fi',
          "count=$(cat /tmp/attempts 2>/dev/null | wc -l)",
          `if [ "$QUERY_STRING" = register ] && [ "$count" -le ${failures} ]; then echo "Status: 503 Not yet"; fi`,
          'printf "Content-Type: text/plain\\r\\n\\r\\nattempt %s\\n" "$count"',
          "",
        ].join("\n"),
      },
    ],
    scratch: { "/tmp": "1Mi" },
    ports: { http: { port: 8080 } },
    ready: { probe: { tcp: { port: "http" } }, period: 1, startWithin: 60 },
    stop,
    resources: small,
  };
}

/** A workload with a secret file, that starts after `ring`. */
export function vault(target: Target, { image = BUSYBOX }: CaseOptions = {}): Workload {
  return {
    name: "vault",
    image,
    command: script("test -r /etc/vault/password && exec httpd -f -p 8080 -h /etc/vault/public"),
    files: [
      { path: "/etc/vault/password", content: pulumi.secret(SECRET), secret: true },
      { path: "/etc/vault/public/index.html", content: "open\n" },
    ],
    ports: { http: { port: 8080 } },
    needs: [{ to: connection(target, "ring", 8080), start: true }, { to: MANAGED }],
    ready: { probe: { http: { port: "http", path: "/index.html" } }, period: 1, startWithin: 60 },
    stop,
    resources: small,
  };
}

/** Fails on its first attempt, by what it needs and not by its definition, and succeeds on the next. */
export function register(target: Target, { image = BUSYBOX }: CaseOptions = {}): Job {
  return {
    name: "register",
    image,
    command: script(`wget -q -O - http://${target.host("counter")}:8080/cgi-bin/attempt?register`),
    needs: [{ to: connection(target, "counter", 8080), start: true }],
    resources: small,
    timeout: 20,
    restores: ["ring"],
  };
}

/** Waits for the job. */
export function follower({ image = BUSYBOX }: CaseOptions = {}): Workload {
  return {
    name: "follower",
    image,
    command: script("exec httpd -f -p 8080 -h /etc"),
    ports: { http: { port: 8080 } },
    ready: { probe: { tcp: { port: "http" } }, period: 1, startWithin: 60 },
    stop,
    resources: small,
    after: ["register"],
  };
}

/** Every minute; fails when `counter` does not answer, or when it may not write to the volume that is kept from run to run. */
export function sweep(target: Target, { image = BUSYBOX }: CaseOptions = {}): Schedule {
  return {
    name: "sweep",
    image,
    command: script(
      `wget -q -O /dev/null http://${target.host("counter")}:8080/cgi-bin/attempt && echo x >> /kept/runs`,
    ),
    volumes: [{ name: "kept", path: "/kept", size: "16Mi" }],
    every: { minutes: 1 },
    timeout: 30,
    needs: [{ to: connection(target, "counter", 8080) }],
    resources: small,
  };
}

/** On every host, in its network, with its processes and its files. Serves what schedules wrote where the target has such files. */
export function lookout(target: Target, { image = BUSYBOX }: CaseOptions = {}): Agent {
  return {
    name: "lookout",
    image,
    command: ["/bin/httpd"],
    args: ["-f", "-p", `${HOST_ADDRESS}:19180`, "-h", target.kind === "docker" ? "/textfiles" : "/host/etc"],
    host: {
      network: true,
      pid: true,
      root: "/host",
      ...(target.kind === "docker" ? { textfiles: "/textfiles" } : {}),
    },
    ports: { http: { port: 19180 } },
    ready: { probe: { tcp: { port: "http" } }, period: 1, startWithin: 60 },
    stop,
    resources: small,
  };
}

/** Reaches the host agent by its name. */
export function visitor(target: Target, { image = BUSYBOX }: CaseOptions = {}): Workload {
  const url = `http://${target.host("lookout")}:19180/`;
  return {
    name: "visitor",
    image,
    // A refused connection fails, any answer of the agent will do.
    command: script(`wget -S -q -O /dev/null ${url} 2>&1 | grep -q HTTP/ && exec httpd -f -p 8080 -h /etc`),
    ports: { http: { port: 8080 } },
    needs: [{ to: connection(target, "lookout", 19180), start: true }],
    ready: { probe: { tcp: { port: "http" } }, period: 1, startWithin: 60 },
    stop,
    resources: small,
  };
}

/** Everything above, as plans in the order in which they are constructed. */
export function plans(target: Target, options: CaseOptions = {}): Plan[] {
  return [
    { services: [ring(options)] },
    { services: [counter(options)], jobs: [register(target, options)] },
    { services: [vault(target, options), follower(options)] },
    { agents: [lookout(target, options)], schedules: [sweep(target, options)] },
    { services: [visitor(target, options)] },
  ];
}

/** Registers all of them, each plan below a component of its own, as components do. */
export function construct(target: Target, options: CaseOptions = {}): void {
  plans(target, options).forEach((plan, index) => {
    const parent = new pulumi.ComponentResource("datastack:test:Case", `case-${index}`, {}, {});
    const placement: Placement = { parent };
    for (const service of plan.services ?? []) target.service(service, placement);
    for (const agent of plan.agents ?? []) target.agent(agent, placement);
    for (const job of plan.jobs ?? []) target.job(job, placement);
    for (const schedule of plan.schedules ?? []) target.schedule(schedule, placement);
  });
}

/** What Prometheus would scrape of them. */
export function scrapeTargets(target: Target): ScrapeTarget[] {
  const port = (number: number) => ({ name: "http", number });
  return [
    {
      job: "ring",
      workload: "ring",
      kind: "service",
      identity: "stable",
      replicas: 3,
      port: port(8080),
      interval: "30s",
      labels: { cluster: "ring" },
      metricRelabel: [{ source_labels: ["__name__"], regex: "debug_.*", action: "drop" }],
      connection: connection(target, "ring", 8080),
    },
    {
      job: "counter",
      workload: "counter",
      kind: "service",
      identity: "none",
      replicas: 1,
      port: port(8080),
      path: "/cgi-bin/attempt",
      connection: connection(target, "counter", 8080),
    },
    {
      job: "node",
      workload: "lookout",
      kind: "agent",
      identity: "none",
      replicas: 1,
      port: port(19180),
      connection: connection(target, "lookout", 19180),
    },
  ];
}

/** The connection that a component of that workload would hand out. */
export function connection(target: Target, workload: string, port: number): Connection {
  const host = target.host(workload);
  return { id: workload, kind: "http", port, peer: { workload }, host, endpoints: [`${host}:${port}`] };
}

export interface WrongUse {
  readonly name: string;
  /** Where it is wrong; what is wrong on one target only may be right on the other. */
  readonly on: "both" | "docker" | "kubernetes";
  readonly plans: (target: Target) => Plan[];
}

/** Each is refused by `check` before anything is registered; the targets' tests hold the exact messages. */
export const WRONG_USES: readonly WrongUse[] = [
  {
    name: "two workloads of one name",
    on: "both",
    plans: () => [{ services: [counter()] }, { services: [counter()] }],
  },
  {
    name: "a replica's name taken by another workload",
    on: "both",
    plans: () => [{ services: [ring(), { ...counter(), name: "ring-1" }] }],
  },
  { name: "no replicas", on: "both", plans: () => [{ services: [{ ...counter(), replicas: 0 }] }] },
  {
    name: "volumes without identity",
    on: "both",
    plans: () => [{ services: [{ ...ring(), identity: "none" }] }],
  },
  {
    name: "a file below a scratch path",
    on: "both",
    plans: () => [{ services: [{ ...counter(), scratch: { "/etc/counter": "1Mi" } }] }],
  },
  {
    name: "a file below a volume",
    on: "both",
    plans: () => [{ services: [{ ...ring(), files: [{ path: "/data/ring.conf", content: "x" }] }] }],
  },
  {
    name: "the same file twice",
    on: "both",
    plans: () => [
      {
        services: [
          {
            ...counter(),
            files: [
              { path: "/etc/counter/revision", content: "a" },
              { path: "/etc/counter/revision", content: "b" },
            ],
          },
        ],
      },
    ],
  },
  {
    name: "a relative path",
    on: "both",
    plans: () => [{ services: [{ ...counter(), files: [{ path: "etc/counter", content: "a" }] }] }],
  },
  {
    name: "a port number out of range",
    on: "both",
    plans: () => [{ services: [{ ...counter(), ports: { http: { port: 65536 } } }] }],
  },
  {
    name: "a port name that is no DNS label of 15 characters",
    on: "both",
    plans: () => [
      { services: [{ ...counter(), ports: { http: { port: 8080 }, Metrics_of_the_broker: { port: 9404 } } }] },
    ],
  },
  {
    name: "a probe of a port that is not there",
    on: "both",
    plans: () => [{ services: [{ ...counter(), ready: { probe: { tcp: { port: "metrics" } } } }] }],
  },
  {
    name: "a memory limit that is no size",
    on: "both",
    plans: () => [{ services: [{ ...counter(), resources: { cpu: 0.1, memory: "512MB" as "512Mi" } }] }],
  },
  {
    name: "no processor time",
    on: "both",
    plans: () => [{ services: [{ ...counter(), resources: { cpu: 0, memory: "64Mi" } }] }],
  },
  {
    name: "an unknown job to wait for",
    on: "both",
    plans: () => [{ services: [{ ...counter(), after: ["migrate"] }] }],
  },
  {
    name: "an unknown workload to wait for",
    on: "both",
    plans: (target) => [
      { services: [{ ...counter(), needs: [{ to: connection(target, "cache", 6379), start: true }] }] },
    ],
  },
  {
    name: "an unknown workload to restore",
    on: "both",
    plans: (target) => [{ services: [counter()], jobs: [{ ...register(target), restores: ["rign"] }] }],
  },
  {
    name: "a schedule of no period",
    on: "both",
    plans: (target) => [{ services: [counter()], schedules: [{ ...sweep(target), every: { minutes: 0 } }] }],
  },
  {
    name: "a schedule at a time that does not exist",
    on: "both",
    plans: (target) => [{ services: [counter()], schedules: [{ ...sweep(target), every: { dailyAt: "24:00" } }] }],
  },
  {
    name: "a file below a schedule's volume",
    on: "both",
    plans: (target) => [
      { services: [counter()], schedules: [{ ...sweep(target), files: [{ path: "/kept/sweep.conf", content: "x" }] }] },
    ],
  },
  {
    name: "a schedule's volume without a size",
    on: "both",
    plans: (target) => [
      {
        services: [counter()],
        schedules: [{ ...sweep(target), volumes: [{ name: "kept", path: "/kept", size: "0Mi" }] }],
      },
    ],
  },
  {
    name: "the same host port twice",
    on: "docker",
    plans: () => [
      { services: [{ ...counter(), ports: { http: { port: 8080, publish: { host: 18080 } } } }] },
      {
        services: [
          { ...follower(), after: [], ports: { http: { port: 8080, publish: { host: 18080, address: "0.0.0.0" } } } },
        ],
      },
    ],
  },
  {
    name: "one host port for several replicas",
    on: "docker",
    plans: () => [{ services: [{ ...ring(), ports: { http: { port: 8080, publish: { host: 18080 } } } }] }],
  },
  {
    name: "a host address that is none",
    on: "docker",
    plans: () => [
      { services: [{ ...counter(), ports: { http: { port: 8080, publish: { host: 18080, address: "localhost" } } } }] },
    ],
  },
  {
    name: "a host agent that has to resolve the stack's names",
    on: "docker",
    plans: (target) => [
      { services: [counter()], agents: [{ ...lookout(target), needs: [{ to: connection(target, "counter", 8080) }] }] },
    ],
  },
  {
    name: "a port of the host",
    on: "kubernetes",
    plans: () => [{ services: [{ ...counter(), ports: { http: { port: 8080, publish: { host: 18080 } } } }] }],
  },
  {
    name: "the metric files of schedules",
    on: "kubernetes",
    plans: (target) => [{ agents: [{ ...lookout(target), host: { textfiles: "/textfiles" } }] }],
  },
];
