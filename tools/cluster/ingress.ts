import * as path from "node:path";
import { run } from "../core/exec";
import { inRoot } from "../core/paths";
import type { Progress } from "../core/progress";
import { buildGo, type GoProgram, moduleSource } from "../toolchain/go";
import type { Provider } from "./provider";
import { type Layout, TRAEFIK_IMAGE, TRAEFIK_VERSION } from "./settings";
import { TRAEFIK, traefikManifests } from "./traefik";

export const TRAEFIK_PROGRAM: GoProgram = {
  name: "traefik",
  dir: inRoot("tools/toolchain/go/traefik"),
  package: "github.com/traefik/traefik/v3/cmd/traefik",
  variables: { "github.com/traefik/traefik/v3/pkg/version.Version": TRAEFIK_VERSION },
};

/** Kinds of objects, as the modules that Traefik is built from bring them. */
export const KINDS = [
  {
    module: `github.com/traefik/traefik/v3@v${TRAEFIK_VERSION}`,
    path: "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml",
    names: ["middlewares.traefik.io"],
  },
  {
    module: "sigs.k8s.io/gateway-api@v1.6.1",
    path: "config/crd/standard",
    names: ["gatewayclasses", "gateways", "httproutes"].map((kind) => `${kind}.gateway.networking.k8s.io`),
  },
] as const;

/** Seconds that Traefik has to become ready. */
const TIMEOUT = 180;

export function buildIngress(progress: Progress): Promise<string> {
  return buildGo(TRAEFIK_PROGRAM, progress);
}

/** Installs Traefik, or brings it up to date. Repeatable. */
export async function installIngress(layout: Layout, provider: Provider, progress: Progress): Promise<void> {
  const binary = await buildIngress(progress);
  await progress.step("Image of Traefik", () =>
    provider.importProgram(
      layout,
      { reference: TRAEFIK_IMAGE, program: "traefik", binary, user: "65532:65532" },
      progress,
    ),
  );
  await progress.step("Kinds of objects of Traefik and of the Gateway API", async () => {
    for (const { module, path: inside, names } of KINDS) {
      const source = await moduleSource(TRAEFIK_PROGRAM, module, progress);
      await apply(layout, ["-f", path.join(source, inside)]);
      await run(layout.kubectl, [
        ...["wait", "--for=condition=Established", `--timeout=${TIMEOUT}s`],
        ...names.map((name) => `customresourcedefinition/${name}`),
      ]);
    }
  });
  await progress.step("Traefik", async () => {
    await apply(layout, ["-f", "-"], traefikManifests());
    await run(layout.kubectl, [
      ...["rollout", "status", `deployment/${TRAEFIK}`, "--namespace", TRAEFIK, `--timeout=${TIMEOUT}s`],
    ]);
  });
}

/** On the server: its definitions are longer than what kubectl would keep in an annotation. */
async function apply(layout: Layout, files: readonly string[], input?: string): Promise<void> {
  const args = ["apply", "--server-side", "--force-conflicts", ...files];
  await run(layout.kubectl, args, input === undefined ? {} : { input });
}
