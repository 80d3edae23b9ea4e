import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { timing } from "../every";
import { DEFAULTS, type Schedule } from "../workload";
import { type ContainerSpec, container, type Placed } from "./container";
import { marked } from "./health";
import { EVERY, MARK, MARKS, METRICS } from "./scripts";

/** Docker has no cron: a loop in the schedule's own image, that leaves its last success as a metric. */
export function resident(
  at: Placed,
  schedule: Schedule,
  textfiles: pulumi.Input<string>,
  { hosts, dependsOn, volumes }: Required<Pick<ContainerSpec, "hosts" | "dependsOn" | "volumes">>,
): docker.Container {
  const { name, every, timeout = DEFAULTS.schedule.timeout, command, files = [] } = schedule;
  const { period, offset } = timing(every);
  return container(at, {
    name,
    process: schedule,
    aliases: [name],
    files: [...files, EVERY.file],
    command: EVERY.command(name, `${period}`, `${offset}`, `${timeout}`, ...command),
    env: { DATASTACK_METRICS: METRICS },
    volumes: [{ name: textfiles, path: METRICS }, ...volumes],
    scratch: { [MARKS]: "64Ki" },
    healthcheck: marked(MARK),
    waitTimeout: 60,
    grace: 30,
    labels: { "datastack.schedule": name },
    hosts,
    dependsOn,
  });
}
