import { bytes, seconds } from "../../../components/core/units";
import type { PrometheusArgs } from "../../../components/prometheus";
import { settings } from "../../../components/prometheus/settings";
import { type Check, verdict } from "../outcome";
import type { PrometheusApi } from "./api";

/** Retention as Prometheus itself says that it applies it. */
export function retentionCheck(api: PrometheusApi, job: string, args: PrometheusArgs): Check {
  const { time, size } = settings(args).retention;
  return {
    family: "prometheus",
    title: "retention is applied",
    settle: 60,
    run: async () => {
      const limit = async (unit: string): Promise<number | undefined> => {
        const [sample] = await api.query(`prometheus_tsdb_retention_limit_${unit}{job="${job}"}`);
        return sample && Number(sample.value[1]);
      };
      const [heldSeconds, heldBytes] = [await limit("seconds"), await limit("bytes")];
      const problems = [
        ...compare("seconds", heldSeconds, seconds(time), time),
        // rounded down to whole MiB on its way into the configuration
        ...compare("bytes", heldBytes, Math.floor((bytes(size) ?? 0) / 2 ** 20) * 2 ** 20, size),
      ];
      return verdict(problems, `${time} or ${size}`);
    },
  };
}

function compare(unit: string, found: number | undefined, wanted: number | undefined, text: string): string[] {
  if (found !== undefined && found === wanted) return [];
  const what = found === undefined ? "shows no limit" : `keeps ${found} ${unit}`;
  return [`Prometheus ${what}; declared is ${text} (${wanted} ${unit})`];
}
