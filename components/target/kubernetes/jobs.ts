import type { Deployed, Placement } from "../target";
import { DEFAULTS, type Job, type Process, type Schedule } from "../workload";
import type { Cluster } from "./cluster";
import { cron, lateness } from "./cron";
import { accessLabels, labels, type Role } from "./labels";
import { podSpec } from "./pod";
import { account, networkPolicy, type Surroundings, storeFiles } from "./process";
import { runOnce } from "./run-once";
import * as k8s from "./sdk";
import { claimed, keptClaim, volumeGroup } from "./volumes";

export function deployJob(cluster: Cluster, job: Job, placement: Placement): Deployed {
  const { name, restores = [], after = [], needs = [] } = job;
  const { namespace } = cluster.settings;
  const waitsFor = cluster.waitsFor(job, after);
  const claims = restores.flatMap((workload) => cluster.claimsOf(workload, name));
  const { at, spec, files, dependsOn } = surroundings(cluster, job, "job", placement);
  const done = runOnce(at.children, {
    logical: name,
    name,
    namespace,
    labels: at.labels,
    podLabels: accessLabels(needs),
    spec,
    files,
    timeout: job.timeout ?? DEFAULTS.job.timeout,
    again: claims,
    dependsOn: [...dependsOn, ...waitsFor],
  });
  return at.children.deployed(done);
}

export function deploySchedule(cluster: Cluster, schedule: Schedule, placement: Placement): Deployed {
  const { name, every, needs = [], timeout = DEFAULTS.schedule.timeout, volumes = [] } = schedule;
  const { namespace } = cluster.settings;
  const waitsFor = cluster.waitsFor(schedule);
  const { at, spec, files, dependsOn } = surroundings(cluster, schedule, "schedule", placement);
  const claims = volumes.map((volume) => keptClaim(cluster, at.children, name, volume));
  const resource = at.children.add(
    k8s.batch.CronJob,
    name,
    {
      metadata: { name, namespace, labels: at.labels },
      spec: {
        schedule: cron(every),
        timeZone: "Etc/UTC",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: lateness(every),
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels: at.labels },
          spec: {
            backoffLimit: 1,
            activeDeadlineSeconds: timeout,
            template: {
              metadata: { labels: { ...at.labels, ...accessLabels(needs) } },
              spec: { ...spec, restartPolicy: "Never" },
            },
          },
        },
      },
    },
    { dependsOn: [...dependsOn, ...files.resources, ...claims, ...waitsFor] },
  );
  return at.children.deployed(resource);
}

/** What jobs and schedules have alike: account, policy, files, pod. */
function surroundings(
  cluster: Cluster,
  process: Process & Pick<Schedule, "volumes">,
  role: Role,
  placement: Placement,
) {
  const { stack, namespace, pods, names } = cluster.settings;
  const { name, image, needs = [], volumes = [] } = process;
  const children = cluster.children(placement, "services");
  const own = labels({ stack, service: name, controller: name, role, image });
  const at: Surroundings = { name, namespace, labels: own, children };
  const serviceAccount = account(at);
  const network = networkPolicy(at, { namespace, service: name, ports: [], needs, ring: false, names });
  const files = storeFiles(at, process.files ?? []);
  const spec = podSpec({
    process,
    files,
    serviceAccount: name,
    settings: pods,
    ...claimed(name, volumes),
    fsGroup: volumeGroup(process),
  });
  return { at, spec, files, dependsOn: [serviceAccount, network] };
}
