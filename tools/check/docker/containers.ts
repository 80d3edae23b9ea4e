import { collect } from "../../../components/target/check";
import { type Declaration, replicas } from "../declared";
import { type Check, count, fail, nothingToCheck, pass, some, verdict } from "../outcome";
import { type ContainerInfo, type DockerStack, nameOf } from "./engine";

/** Containers are asked again for a while: health is known only after the first probes. */
const SETTLE = 60;

const JOB = "datastack.job";

/** Names of the containers that run for ever. */
export function expectedContainers(engine: DockerStack, { plans }: Declaration): string[] {
  const { services, agents, schedules } = collect(plans);
  return [
    ...services.flatMap((service) =>
      replicas(service).map((replica) => engine.containerName({ workload: service.name, replica })),
    ),
    ...[...agents, ...schedules].map(({ name }) => engine.containerName({ workload: name, replica: undefined })),
  ].sort();
}

/** What is wrong with the containers that run for ever. */
export function unwell(expected: readonly string[], containers: readonly ContainerInfo[]): string[] {
  return expected.flatMap((name) => {
    const container = containers.find((c) => nameOf(c) === name);
    if (!container) return [`${name} does not exist`];
    const { Running, Status, ExitCode, Health } = container.State;
    if (!Running) return [`${name} is ${Status} with exit code ${ExitCode}`];
    if (!Health) return [`${name} has no health check`];
    if (Health.Status === "healthy") return [];
    return [`${name} is ${Health.Status}: ${Health.Log?.at(-1)?.Output.trim() || "not probed yet"}`];
  });
}

/** Declared jobs that have not ended well. */
export function unfinishedJobs(jobs: readonly string[], containers: readonly ContainerInfo[]): string[] {
  return jobs.flatMap((job) => {
    const container = containers.find((c) => c.Config.Labels[JOB] === job);
    if (!container) return [`${job} has no container`];
    const { Running, ExitCode, Status } = container.State;
    // A job lingers for a moment so that its success is seen as health.
    if (Running ? container.State.Health?.Status === "healthy" : ExitCode === 0) return [];
    return [`${job} is ${Status} with exit code ${ExitCode}; see docker logs ${nameOf(container)}`];
  });
}

/** Containers that carry the stack's label and belong to nothing that is declared. */
export function strangers(expected: readonly string[], jobs: readonly string[], containers: readonly ContainerInfo[]) {
  return containers
    .filter((c) => !expected.includes(nameOf(c)) && !jobs.includes(c.Config.Labels[JOB] ?? "") && c.State.Running)
    .map((c) => `${nameOf(c)} runs with this stack's label and is not declared`);
}

export function containerChecks(engine: DockerStack, declaration: Declaration): Check[] {
  const family = "containers";
  const expected = expectedContainers(engine, declaration);
  const jobs = collect(declaration.plans).jobs.map((job) => job.name);
  const healthy = "all run and are healthy";
  return [
    {
      family,
      title: "the stack is on this engine",
      gate: true,
      run: async () => {
        const containers = await engine.containers();
        if (containers.length > 0) return pass(count(containers.length, "container"));
        return fail(
          `no container has the label datastack.stack=${engine.stack}; bring it up with: npm start -- ${engine.stack}`,
        );
      },
    },
    {
      family,
      title: healthy,
      settle: SETTLE,
      run: async () => verdict(unwell(expected, await engine.containers()), some(expected)),
    },
    {
      family,
      title: "jobs have succeeded",
      settle: SETTLE,
      run: async () => {
        if (jobs.length === 0) return nothingToCheck("no job is declared");
        return verdict(unfinishedJobs(jobs, await engine.containers()), some(jobs));
      },
    },
    {
      family,
      title: "none is left over",
      // what prepares a volume lingers for a moment
      settle: SETTLE,
      run: async () => verdict(strangers(expected, jobs, await engine.containers()), "none"),
    },
    {
      family,
      title: "none was restarted or killed for memory",
      after: healthy,
      run: async () => {
        const containers = (await engine.containers()).filter((c) => expected.includes(nameOf(c)));
        return verdict(containers.flatMap(restarts), `${count(containers.length, "container")}`);
      },
    },
  ];
}

function restarts(container: ContainerInfo): string[] {
  const name = nameOf(container);
  return [
    ...(container.RestartCount > 0 ? [`${name} was restarted ${count(container.RestartCount, "time")}`] : []),
    ...(container.State.OOMKilled ? [`${name} was killed because it reached its memory limit`] : []),
  ];
}
