import { imageCatalogue } from "../../../components/core/images";
import { chooseSource, settingsFor } from "../../../tools/images";

/** Passwords of the servers; the exporters get them by a Secret. */
export const PASSWORDS = { postgres: "pg-of-one's-own", redis: "redis-of-one's-own", minio: "token" };

/** A PostgreSQL, a Redis and something with MinIO's path, as somebody else runs them in a namespace of their own. */
export async function existingServers(namespace: string): Promise<string> {
  const { references } = await settingsFor(await chooseSource("auto"), ["timescaledb", "redis", "nodeExporter"]);
  const images = imageCatalogue(references);
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const postgres = [
    `printf %s ${quoted(PASSWORDS.postgres)} > /data/password`,
    "initdb --pgdata=/data/pg --username=metrics --pwfile=/data/password --auth=scram-sha-256",
    "echo 'host all all all scram-sha-256' >> /data/pg/pg_hba.conf",
    "exec postgres -D /data/pg -c listen_addresses='*' -c unix_socket_directories=/data",
  ].join(" && ");
  const items = [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    ...server("postgres", 5432, images.timescaledb, ["sh", "-c", postgres]),
    ...server("redis", 6379, images.redis, ["redis-server", "--save", "", "--requirepass", PASSWORDS.redis]),
    ...server("minio", 9000, images.nodeExporter, [
      "/bin/node_exporter",
      ...["--web.listen-address=:9000", "--web.telemetry-path=/minio/v2/metrics/cluster"],
      ...["--collector.disable-defaults", "--collector.time"],
    ]),
  ];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });

  function server(
    app: string,
    port: number,
    { reference, user }: ReturnType<typeof imageCatalogue>["redis"],
    command: readonly string[],
  ) {
    const labels = { app };
    const container = {
      name: app,
      image: reference,
      command,
      ports: [{ containerPort: port }],
      readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    };
    const spec = {
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user.uid,
        fsGroup: user.gid,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [container],
      volumes: [{ name: "data", emptyDir: {} }],
    };
    return [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: app, namespace },
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: app, namespace },
        spec: { selector: labels, ports: [{ port }] },
      },
    ];
  }
}
