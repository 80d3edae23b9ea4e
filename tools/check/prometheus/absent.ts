/**
 * Metrics that a healthy stack may be without, by the beginning of their names. Whatever a rule asks for and is not here has to
 * exist, or the rule could never fire.
 */
const OPTIONAL: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^kafka_consumergroup_/, "exported only while there is a consumer group"],
  [/^datastack_schedule_/, "exported only after a schedule has run"],
  [/^django_(http_exceptions|db_errors|db_new_connection_errors)_/, "begins with the first error"],
  [/^django_http_(responses|requests_latency)_/, "begins with the first request"],
  [/^redis_errors_total$/, "begins with the first error"],
  [/^redis_aof_/, "exported only by a server that keeps an append-only file"],
  [/^redis_master_/, "exported only by a replica"],
  [/^pg_replication_slots_/, "exported only while there is a replication slot"],
  [/^alertmanager_notifications?_/, "exported only where somebody is told of alerts"],
  [/^timescaledb_aggregate_lag_/, "begins with the first bucket, up to two hours after the first row"],
  [/^node_md_/, "exported only on hosts with software RAID"],
  [/^kube_cronjob_/, "begins with a schedule, and with its first run"],
  [/^kube_job_/, "exported only while there are Jobs, of failures only after one"],
  [/^kube_pod_container_status_(waiting|last_terminated)_reason$/, "begins when a container waits or has ended"],
  [/^kube_(daemonset|deployment|statefulset|persistentvolumeclaim)_/, "exported only where there is one"],
  [/^kubelet_volume_stats_/, "exported only of volumes whose driver knows how full they are"],
  [/^container_cpu_cfs_/, "exported only of containers with a processor limit"],
  [/^container_(memory|spec)_/, "exported only where the kubelet knows the container engine's socket"],
  [/^node_bonding_/, "exported only on hosts with bonded interfaces"],
  [/^node_nf_conntrack_/, "exported only where the kernel tracks connections"],
];

/** Why this metric may be missing, if there is a reason. */
export function optionalMetric(name: string): string | undefined {
  return OPTIONAL.find(([pattern]) => pattern.test(name))?.[1];
}
