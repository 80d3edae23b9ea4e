import type { types } from "@pulumi/kubernetes";
import { DEFAULTS, type Probe, type Workload } from "../workload";

type KubernetesProbe = types.input.core.v1.Probe;
type Container = Pick<types.input.core.v1.Container, "startupProbe" | "readinessProbe" | "livenessProbe">;

/** A minute of failures, so that a long pause of garbage collection or of a disk is no reason for a restart. */
const LIVENESS = { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 };

/** Seconds until a workload has to be ready for the first time. */
export function startWithin({ ready }: Pick<Workload, "ready">): number {
  return ready.startWithin ?? DEFAULTS.ready.startWithin;
}

/**
 * Three questions with three answers: whether it has come up (until then nothing else is asked), whether it gets traffic, and
 * whether it has to be restarted. Only the second may depend on other workloads: if starting did, a quorum that cannot form
 * would be killed again and again.
 */
export function probes({ ready, alive, ports }: Pick<Workload, "ready" | "alive" | "ports">): Container {
  const period = ready.period ?? DEFAULTS.ready.period;
  const timing = { periodSeconds: period, timeoutSeconds: ready.timeout ?? DEFAULTS.ready.timeout };
  const first = Object.keys(ports)[0];
  const living = alive ?? (first ? { tcp: { port: first } } : undefined);
  return {
    startupProbe: {
      ...handler(living ?? ready.probe),
      ...timing,
      failureThreshold: Math.max(1, Math.ceil(startWithin({ ready }) / period)),
    },
    readinessProbe: { ...handler(ready.probe), ...timing, failureThreshold: 3 },
    ...(living ? { livenessProbe: { ...handler(living), ...LIVENESS } } : {}),
  };
}

function handler(probe: Probe): KubernetesProbe {
  if ("exec" in probe) return { exec: { command: [...probe.exec] } };
  if ("tcp" in probe) return { tcpSocket: { port: probe.tcp.port } };
  return { httpGet: { path: probe.http.path, port: probe.http.port } };
}
