import type * as pulumi from "@pulumi/pulumi";
import type { Image } from "../../core/images";
import { DEFAULTS, LOOPBACK, type Probe, type Readiness, type Workload } from "../workload";

export interface Healthcheck {
  readonly tests: pulumi.Input<pulumi.Input<string>[]>;
  readonly interval: string;
  readonly timeout: string;
  readonly retries: number;
  readonly startPeriod: string;
}

/** Readiness as Docker asks for it: inside the container, by what the image has. `address` is where it listens. */
export function healthcheck(
  ready: Readiness,
  workload: Pick<Workload, "image" | "ports">,
  address?: pulumi.Output<string>,
): Healthcheck {
  const { probe, period = DEFAULTS.ready.period, timeout = DEFAULTS.ready.timeout } = ready;
  const { startWithin = DEFAULTS.ready.startWithin } = ready;
  const test = (ip: string) => ["CMD", ...command(probe, workload, ip, timeout)];
  return {
    tests: address ? address.apply(test) : test(LOOPBACK),
    interval: duration(period),
    timeout: duration(timeout),
    retries: 3,
    startPeriod: duration(startWithin),
  };
}

/** A container that is healthy as soon as it has left the mark. */
export function marked(file: string): Healthcheck {
  return { tests: ["CMD-SHELL", `test -f ${file}`], interval: "1s", timeout: "5s", retries: 3, startPeriod: "0s" };
}

function command(
  probe: Probe,
  { image, ports }: Pick<Workload, "image" | "ports">,
  ip: string,
  timeout: number,
): readonly string[] {
  if ("exec" in probe) return probe.exec;
  const number = (name: string) => ports[name]?.port ?? 0;
  return "tcp" in probe
    ? TCP[image.probe](ip, number(probe.tcp.port), timeout)
    : HTTP[image.probe](ip, number(probe.http.port), probe.http.path, timeout);
}

/** `-e true`: ends as soon as it is connected. Not every busybox has `-z`, nor a time limit in wget: the engine's holds. */
const TCP: Record<Image["probe"], (ip: string, port: number, timeout: number) => readonly string[]> = {
  wget: (ip, port, timeout) => ["nc", "-w", String(timeout), ip, String(port), "-e", "true"],
  bash: (ip, port) => ["bash", "-c", `exec 3<>/dev/tcp/${ip}/${port}`],
};

const HTTP: Record<Image["probe"], (ip: string, port: number, path: string, timeout: number) => readonly string[]> = {
  wget: (ip, port, path) => ["wget", "-q", "-O", "/dev/null", `http://${ip}:${port}${path}`],
  bash: (ip, port, path, timeout) => [
    "bash",
    "-c",
    `exec 3<>/dev/tcp/${ip}/${port} && printf 'GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' '${path}' ${ip} >&3 && read -r -t ${timeout} version status rest <&3 && [[ $status == [23]?? ]]`,
  ],
};

/** As Go writes a duration: that is how the engine gives it back, and anything else would look like a change. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
