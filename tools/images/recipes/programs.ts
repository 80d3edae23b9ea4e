import { IMAGES, type ImageName } from "../../../components/core/images";
import { buildGo, type GoProgram } from "../../toolchain/go";
import {
  ALERTMANAGER,
  ALERTMANAGER_VERSION,
  AMTOOL,
  KUBE_STATE_METRICS,
  KUBE_STATE_METRICS_VERSION,
  NODE_EXPORTER,
  NODE_EXPORTER_VERSION,
  POSTGRES_EXPORTER,
  POSTGRES_EXPORTER_VERSION,
  PROMETHEUS,
  PROMETHEUS_VERSION,
  PROMTOOL,
  REDIS_EXPORTER,
  REDIS_EXPORTER_VERSION,
} from "../../toolchain/programs";
import type { Entry, Settings } from "../archive";
import { busyboxEntries } from "../busybox";
import type { Recipe } from "./recipe";

/** Images of programs from Go modules, on busybox: a shell, wget and little else. */
interface ProgramImage {
  readonly version: string;
  /** Where each program is in the image. */
  readonly programs: readonly { readonly path: string; readonly program: GoProgram }[];
  readonly command: readonly string[];
  readonly workdir?: string;
  /** @default "nobody" */
  readonly userName?: string;
  /** Folders that are there, with those that the user owns. */
  readonly folders?: readonly { readonly path: string; readonly own?: boolean }[];
}

function programImage(name: ImageName, image: ProgramImage): Recipe {
  const { uid, gid } = IMAGES[name].user;
  const settings: Settings = {
    user: uid === gid ? String(uid) : `${uid}:${gid}`,
    ...(image.workdir ? { workdir: image.workdir } : {}),
    env: { PATH: "/bin" },
    command: image.command,
  };
  return {
    name,
    version: image.version,
    settings,
    programs: image.programs.map(({ program }) => program),
    content: () => "busybox",
    entries: async (progress) => {
      const base = await busyboxEntries({ name: image.userName ?? "nobody", uid, gid });
      const programs: Entry[] = [];
      for (const { path, program } of image.programs) {
        programs.push({ path, from: { file: await buildGo(program, progress) }, mode: 0o755 });
      }
      const folders = (image.folders ?? []).map(({ path, own }): Entry => ({ path, ...(own ? { owner: uid } : {}) }));
      return [...base, ...programs, ...folders];
    },
  };
}

export const prometheus = programImage("prometheus", {
  version: PROMETHEUS_VERSION,
  programs: [
    { path: "/bin/prometheus", program: PROMETHEUS },
    { path: "/bin/promtool", program: PROMTOOL },
  ],
  command: ["/bin/prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
  workdir: "/prometheus",
  folders: [{ path: "/etc/prometheus" }, { path: "/prometheus", own: true }],
});

export const nodeExporter = programImage("nodeExporter", {
  version: NODE_EXPORTER_VERSION,
  programs: [{ path: "/bin/node_exporter", program: NODE_EXPORTER }],
  command: ["/bin/node_exporter"],
});

export const postgresExporter = programImage("postgresExporter", {
  version: POSTGRES_EXPORTER_VERSION,
  programs: [{ path: "/bin/postgres_exporter", program: POSTGRES_EXPORTER }],
  command: ["/bin/postgres_exporter"],
});

export const redisExporter = programImage("redisExporter", {
  version: REDIS_EXPORTER_VERSION,
  programs: [{ path: "/redis_exporter", program: REDIS_EXPORTER }],
  command: ["/redis_exporter"],
  userName: "exporter",
});

export const kubeStateMetrics = programImage("kubeStateMetrics", {
  version: KUBE_STATE_METRICS_VERSION,
  programs: [{ path: "/kube-state-metrics", program: KUBE_STATE_METRICS }],
  command: ["/kube-state-metrics"],
});

export const alertmanager = programImage("alertmanager", {
  version: ALERTMANAGER_VERSION,
  programs: [
    { path: "/bin/amtool", program: AMTOOL },
    { path: "/bin/alertmanager", program: ALERTMANAGER },
  ],
  command: ["/bin/alertmanager", "--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
  workdir: "/alertmanager",
  folders: [{ path: "/etc/alertmanager" }, { path: "/alertmanager", own: true }],
});
