import type * as docker from "@pulumi/docker";
import { type ContainerSpec, container, type Mount, type Placed } from "./container";
import { marked } from "./health";
import { MARK, MARKS, ONCE } from "./scripts";

/** What runs to its end, as a container that becomes healthy only by succeeding. */
export interface OnceSpec
  extends Pick<ContainerSpec, "name" | "process">,
    Partial<
      Pick<
        ContainerSpec,
        "aliases" | "files" | "env" | "labels" | "hosts" | "dependsOn" | "capabilities" | "unlimitedCpu"
      >
    > {
  readonly volumes?: readonly Mount[];
  /** Seconds until it counts as failed. */
  readonly timeout: number;
}

/**
 * A failure is a failed creation: the container is in state, whatever depends on it waits, and the next `up` replaces it. (With
 * `attach` and an exit code, creation succeeds and the stack stays broken.) The provider waits for its whole time even when the
 * container has ended; to remove that container ends the wait at once, with the same result.
 */
export function once(at: Placed, spec: OnceSpec): docker.Container {
  const { aliases = [], files = [], dependsOn = [], timeout, ...rest } = spec;
  return container(at, {
    ...rest,
    aliases,
    files: [...files, ONCE.file],
    dependsOn,
    command: ONCE.command(`${timeout}`, ...(spec.process.command ?? [])),
    scratch: { [MARKS]: "64Ki" },
    healthcheck: marked(MARK),
    // Its own limit comes first, so that the log says why.
    waitTimeout: timeout + 20,
    grace: 10,
    ends: true,
  });
}
