import { isGenerated } from "../../../components/core/secrets";
import { Gateway } from "../../../components/gateway";
import { type RouteSpec, type Spec, spec } from "../../../components/gateway/spec";
import type { Passwords } from "../../pulumi/passwords";
import type { Declaration } from "../declared";
import type { KubeObject, KubernetesStack } from "../kubernetes/cluster";
import { type Check, count, nothingToCheck, type Outcome, verdict } from "../outcome";
import { type Answer, type Ask, Entrance } from "./entrance";
import { certificateProblems, headerProblems, openProblems, passwordProblems, redirectProblems } from "./judge";

const FAMILY = "gateway";

/** How to ask one host, as it is reached. */
interface Controller {
  readonly http: (ask: Ask) => Promise<Answer>;
  readonly https: (ask: Ask) => Promise<Answer>;
}

/** Asks every host name of every gateway, at a pod of the controller that the cluster has. */
export function gatewayChecks(
  cluster: KubernetesStack,
  declaration: Declaration,
  passwords: () => Promise<Passwords>,
): Check[] {
  return declaration.all(Gateway).flatMap(({ name, args }) => {
    const declared = spec(name, args);
    const row = (title: string, run: (controller: Controller) => Promise<Outcome>): Check => ({
      family: FAMILY,
      title,
      // a certificate may still be on its way
      settle: 120,
      run: () => asked(cluster, declared, run),
    });
    const { routes } = declared;
    const secured = routes.filter(({ secure }) => secure);
    const guarded = routes.filter(({ auth }) => auth);
    const each = async (of: readonly RouteSpec[], problems: (route: RouteSpec) => Promise<string[]>, good: string) =>
      of.length === 0
        ? nothingToCheck("no route is declared with it")
        : verdict((await Promise.all(of.map(problems))).flat(), good);
    return [
      row("host names lead to their services", (controller) =>
        each(
          routes,
          async (route) => openProblems(route, await reach(controller, route)),
          count(routes.length, "host name"),
        ),
      ),
      row("certificates are for their host names", ({ https }) =>
        each(
          secured,
          async ({ host }) => certificateProblems({ host }, await https({ host })),
          count(secured.length, "certificate"),
        ),
      ),
      row("passwords are asked for", (controller) =>
        each(
          guarded,
          async (route) => {
            const right = await login(route, passwords);
            const wrong = await reach(controller, route, `${route.auth?.user}:${"wrong".repeat(2)}`);
            return passwordProblems(route, wrong, right ? await reach(controller, route, right) : undefined);
          },
          count(guarded.length, "host name"),
        ),
      ),
      row("http is redirected to https", ({ http }) =>
        each(
          declared.redirect ? secured : [],
          async ({ host }) => redirectProblems({ host }, await http({ host, path: "/?a=1" }), "/?a=1"),
          count(secured.length, "host name"),
        ),
      ),
      row("browsers get the declared headers", (controller) =>
        each(
          routes,
          async (route) => headerProblems(declared, route, await reach(controller, route)),
          count(routes.length, "host name"),
        ),
      ),
    ];
  });
}

function reach({ http, https }: Controller, { host, secure }: RouteSpec, auth?: string): Promise<Answer> {
  return (secure ? https : http)({ host, ...(auth ? { auth } : {}) });
}

/** The user and a generated password; others are known to their owners. */
async function login({ auth }: RouteSpec, passwords: () => Promise<Passwords>): Promise<string | undefined> {
  if (!auth || !isGenerated(auth.password)) return undefined;
  const password = (await passwords())[auth.password.generated];
  return password === undefined ? undefined : `${auth.user}:${password}`;
}

async function asked(
  cluster: KubernetesStack,
  { parent, pods, entryPoints }: Spec,
  run: (controller: Controller) => Promise<Outcome>,
): Promise<Outcome> {
  if (parent) return nothingToCheck(`routes of the Gateway ${parent.name}, whose ports are its controller's matter`);
  const selector = Object.entries(pods.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join();
  const [pod] = (await cluster.list("pods", pods.namespace, selector)).filter(
    ({ status }) => status?.phase === "Running",
  );
  if (!pod)
    throw new Error(`no pod with ${selector} runs in the namespace ${pods.namespace}; the gateway's pods say so`);
  const ports = { http: portOf(pod, entryPoints.http), https: portOf(pod, entryPoints.https) };
  const forward = ["port-forward", "--namespace", pods.namespace, `pod/${pod.metadata.name}`];
  const targets = [ports.http, ports.https];
  const entrance = await Entrance.open(cluster.start([...forward, ...targets.map((port) => `:${port}`)]), targets);
  try {
    return await run({
      http: (ask) => entrance.plain(ports.http, ask),
      https: (ask) => entrance.secure(ports.https, ask),
    });
  } finally {
    entrance.close();
  }
}

/** Traefik's chart calls the container's ports as it calls the entry points. */
function portOf({ metadata, spec: pod }: KubeObject, entryPoint: string): number {
  const containers = (pod?.containers ?? []) as { ports?: { name?: string; containerPort: number }[] }[];
  const port = containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === entryPoint);
  if (port) return port.containerPort;
  throw new Error(`the pod ${metadata.name} has no port called ${entryPoint}, as the entry point is`);
}
