import type { Job } from "../../components/target/workload";

/**
 * Names of the jobs that have a workload among their needs, each behind those that it comes after, also by way of others. A job
 * that is none of them keeps its order, too: it is only not repeated.
 */
export function jobsOf(workload: string, jobs: readonly Job[]): string[] {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const ordered = new Set<Job>();
  const visited = new Set<Job>();
  const visit = (job: Job): void => {
    if (visited.has(job)) return;
    visited.add(job);
    for (const name of job.after ?? []) {
      const earlier = byName.get(name);
      if (earlier) visit(earlier);
    }
    ordered.add(job);
  };
  jobs.forEach(visit);
  return [...ordered].filter((job) => uses(job, workload)).map(({ name }) => name);
}

function uses(job: Job, workload: string): boolean {
  return (job.needs ?? []).some(({ to: { peer } }) => "workload" in peer && peer.workload === workload);
}
