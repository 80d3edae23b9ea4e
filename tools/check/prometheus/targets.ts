import { instances } from "../../../components/monitoring/collect";
import type { OutsideTargets } from "../../../components/monitoring/external";
import type { ScrapeTarget } from "../../../components/monitoring/scrape";
import { type Check, count, verdict } from "../outcome";
import type { ActiveTarget, PrometheusApi } from "./api";

/** Longer than the longest scrape interval that is usual, so that a stack may be checked as soon as it is up. */
const SETTLE = 90;

/** For a job whose instances nobody knows beforehand, such as pods of another namespace. */
const SOME = "*";

/**
 * `job/instance` of everything that is declared to be scraped. Agents run once per host, where the target knows hosts; of what is found
 * outside the stack, `job/*`.
 */
export function declaredTargets(
  targets: readonly ScrapeTarget[],
  hosts: readonly string[] | undefined,
  { external = [], kubelet = {} }: Partial<OutsideTargets> = {},
): string[] {
  const all = targets.flatMap((target) => {
    const names = target.kind === "agent" && hosts ? hosts : instances(target);
    return names.map((instance) => `${target.job}/${instance}`);
  });
  const found = external.flatMap(({ job, hosts = [SOME] }) => hosts.map((host) => `${job}/${host}`));
  const kubelets = [...(kubelet.volumes ? ["kubelet"] : []), ...(kubelet.containers ? ["cadvisor"] : [])];
  return [...all, ...found, ...kubelets.map((job) => `${job}/${SOME}`)].sort();
}

/** What Prometheus scrapes and nobody declared, and the reverse. */
export function compareTargets(declared: readonly string[], active: readonly ActiveTarget[]): string[] {
  const found = active.map(nameOf);
  const twice = found.filter((name, i) => found.indexOf(name) !== i);
  const matches = (name: string, one: string): boolean =>
    name.endsWith(`/${SOME}`) ? one.startsWith(name.slice(0, -SOME.length)) : one === name;
  return [
    ...declared
      .filter((name) => !found.some((one) => matches(name, one)))
      .map((name) => `${name} is declared and is no target`),
    ...found
      .filter((one) => !declared.some((name) => matches(name, one)))
      .map((name) => `${name} is a target and is not declared`),
    ...[...new Set(twice)].map((name) => `${name} is scraped more than once`),
  ].sort();
}

export function downTargets(active: readonly ActiveTarget[]): string[] {
  return active
    .filter((target) => target.health !== "up")
    .map((target) => `${nameOf(target)} is ${target.health}: ${target.lastError || "not scraped yet"}`)
    .sort();
}

export function targetChecks(
  api: PrometheusApi,
  targets: readonly ScrapeTarget[],
  outside: Partial<OutsideTargets>,
  hosts: () => Promise<readonly string[] | undefined>,
): Check[] {
  const same = "targets are those that are declared";
  return [
    {
      family: "prometheus",
      title: same,
      settle: SETTLE,
      run: async () => {
        const declared = declaredTargets(targets, await hosts(), outside);
        return verdict(compareTargets(declared, await api.activeTargets()), declared.join(", "));
      },
    },
    {
      family: "prometheus",
      title: "every target is up",
      settle: SETTLE,
      run: async () => {
        const active = await api.activeTargets();
        return verdict(downTargets(active), `${count(active.length, "target")} up`);
      },
    },
  ];
}

function nameOf({ labels }: ActiveTarget): string {
  return `${labels.job}/${labels.instance}`;
}
