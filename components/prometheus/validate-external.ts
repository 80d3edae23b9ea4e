import { isIP } from "node:net";
import type { Problem } from "../core/problems";
import { type ExternalTarget, isStatic, type KubeletMetrics } from "../monitoring/external";
import { isLabelName } from "../monitoring/labels";
import { checkPort } from "../target/check";
import type { Target } from "../target/target";

const JOB = /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
/** Jobs that `kubelet` makes. */
const KUBELET_JOBS = ["kubelet", "cadvisor"];

type Kind = Target["kind"];

/** What is wrong with targets that the stack does not run. `jobs` are those of what it runs. */
export function checkExternal(kind: Kind, targets: readonly ExternalTarget[], jobs: readonly string[]): Problem[] {
  const taken = new Set([...jobs, ...KUBELET_JOBS]);
  return targets.flatMap((target) => {
    const { job } = target;
    const at = `external.${job}`;
    const twice = taken.has(job);
    taken.add(job);
    return [
      ...(JOB.test(job) ? [] : [{ path: at, rule: 'must have a job of lower-case letters, digits, "-" and "_"' }]),
      ...(twice
        ? [
            {
              path: `${at}.job`,
              value: job,
              rule: "is the job of another target too",
              fix: "Give it a name of its own",
            },
          ]
        : []),
      ...checkPage(at, target),
      ...checkPlace(at, kind, target),
      ...checkSecurity(at, target),
    ];
  });
}

export function checkKubelet(kind: Kind, kubelet: KubeletMetrics | undefined): Problem[] {
  if (!kubelet) return [];
  if (kind === "docker")
    return [
      {
        path: "kubelet",
        rule: "is of Kubernetes alone: Docker has no kubelet",
        fix: "Leave it out; NodeExporter shows how full the host's disks are",
      },
    ];
  if (kubelet.volumes || kubelet.containers) return [];
  return [
    { path: "kubelet", rule: "says nothing to scrape", fix: "Set volumes or containers to true, or leave kubelet out" },
  ];
}

function checkPage(at: string, { port, podPort = port, path, labels = {} }: ExternalTarget): Problem[] {
  return [
    ...checkPort(`${at}.port`, port),
    ...(podPort === port ? [] : checkPort(`${at}.podPort`, podPort)),
    ...(path === undefined || path.startsWith("/")
      ? []
      : [{ path: `${at}.path`, value: path, rule: 'must begin with "/"' }]),
    ...Object.keys(labels)
      .filter((label) => !isLabelName(label) || label === "job" || label === "instance")
      .map((label) => ({
        path: `${at}.labels.${label}`,
        rule: "must be a label name other than job and instance: letters, digits and _, not beginning with a digit",
      })),
  ];
}

/** Who is asked, and whom traffic is opened to. */
function checkPlace(at: string, kind: Kind, target: ExternalTarget): Problem[] {
  const { namespace, selector, podPort, cidrs = [] } = target;
  const problems: Problem[] = [];
  if (podPort !== undefined && (!isStatic(target) || namespace === undefined || cidrs.length > 0))
    problems.push({
      path: `${at}.podPort`,
      value: podPort,
      rule: "is of the pods behind a Service: hosts have to name that, and namespace the pods",
      fix: "Leave it out: `port` is asked, and traffic is opened to it",
    });
  if (selector && namespace === undefined)
    problems.push({
      path: `${at}.selector`,
      rule: "needs a namespace",
      fix: "Name the one in which pods carry these labels",
    });
  if (!isStatic(target)) {
    if (kind === "docker")
      problems.push({
        path: `${at}.hosts`,
        rule: "is missing: its pods are found on Kubernetes alone",
        fix: "Name the hosts to ask",
      });
    else if (namespace === undefined)
      problems.push({
        path: at,
        rule: "says neither which hosts to ask nor in which namespace its pods are",
        fix: 'Give hosts: ["minio.example.com"], or namespace and selector',
      });
    else if (cidrs.length > 0)
      problems.push({
        path: `${at}.cidrs`,
        value: cidrs,
        rule: "are of hosts, and it names none",
        fix: "Leave them out: traffic is opened to its pods",
      });
    return problems;
  }
  const { hosts } = target;
  if (hosts.length === 0)
    problems.push({
      path: `${at}.hosts`,
      rule: "must name at least one host",
      fix: "Or leave it out and say where its pods are",
    });
  hosts.forEach((host, i) => {
    if (!HOST.test(host) && isIP(host) === 0)
      problems.push({
        path: `${at}.hosts[${i}]`,
        value: host,
        rule: "must be a name or an address, without scheme, port or path",
        fix: "Give those as scheme, port and path",
      });
    if (hosts.indexOf(host) !== i)
      problems.push({ path: `${at}.hosts[${i}]`, value: host, rule: "is there twice", fix: "Remove one" });
  });
  if (kind === "kubernetes" && cidrs.length === 0 && namespace === undefined)
    problems.push({
      path: `${at}.cidrs`,
      rule: "is missing: traffic to everywhere is not opened",
      fix: 'Say where the hosts are, such as ["10.1.2.0/24"], or which pods they lead to by namespace and selector',
    });
  return problems;
}

function checkSecurity(at: string, { scheme = "http", ca, serverName }: ExternalTarget): Problem[] {
  const problems: Problem[] = [];
  if (scheme !== "http" && scheme !== "https")
    problems.push({ path: `${at}.scheme`, value: scheme, rule: "must be http or https" });
  if (scheme === "http" && (ca !== undefined || serverName !== undefined))
    problems.push({
      path: `${at}.${ca === undefined ? "serverName" : "ca"}`,
      rule: "has no meaning without https",
      fix: 'Set scheme: "https", or leave it out',
    });
  if (ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----"))
    problems.push({
      path: `${at}.ca`,
      rule: "must be a certificate as PEM, not the path of one",
      fix: "Read the file and give its text",
    });
  return problems;
}
