import type { Declaration } from "../declared";
import { beginning, errorLines, FIRST_MINUTES } from "../log-errors";
import { type Check, count, fail, nothingToCheck, verdict } from "../outcome";
import { expectedContainers } from "./containers";
import { type DockerStack, nameOf } from "./engine";

/** Log drivers from which the engine can read back. */
const READABLE = ["json-file", "local", "journald"];

export function logChecks(engine: DockerStack, declaration: Declaration): Check[] {
  const expected = expectedContainers(engine, declaration);
  return [
    {
      family: "logs",
      title: `no errors in the first ${FIRST_MINUTES} minutes`,
      run: async () => {
        const containers = (await engine.containers()).filter((c) => expected.includes(nameOf(c)));
        const readable = containers.filter((c) => READABLE.includes(c.HostConfig.LogConfig.Type));
        if (containers.length === 0) return fail("none of the stack's containers exists");
        if (readable.length === 0) return nothingToCheck("the containers' log driver cannot be read back");
        const problems = await Promise.all(
          readable.map(async (container) => {
            const started = container.State.StartedAt;
            const log = beginning(await engine.logs(nameOf(container), started), started);
            return errorLines(log).map((line) => `${nameOf(container)}: ${line}`);
          }),
        );
        return verdict(problems.flat(), count(readable.length, "container"));
      },
    },
  ];
}
