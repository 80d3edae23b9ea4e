import { Alertmanager } from "../../../components/alertmanager";
import { Prometheus } from "../../../components/prometheus";
import { UserError } from "../../core/errors";
import type { Declaration } from "../declared";
import { type Check, count, nothingToCheck, verdict } from "../outcome";
import { prometheusApi } from "../prometheus";
import type { Instance, Running } from "../running";

const FAMILY = "alerts";

/** Checks of every Alertmanager of the stack: that it is ready, and that Prometheus's alerts reach it. */
export function alertmanagerChecks(running: Running, declaration: Declaration): Check[] {
  return declaration.all(Alertmanager).flatMap(({ name, connection }) => {
    const instance: Instance = { workload: name, replica: 0 };
    const get = async (path: string): Promise<string> => {
      const url = `http://127.0.0.1:${connection.port}${path}`;
      const { code, stdout, stderr } = await running.exec(instance, ["wget", "-q", "-O", "-", url]);
      if (code !== 0) throw new UserError(`${name} does not answer ${url}: ${stderr.trim() || `exit code ${code}`}`);
      return stdout;
    };
    return [
      {
        family: FAMILY,
        title: "Prometheus sends its alerts to Alertmanager",
        settle: 60,
        run: async () => {
          const [prometheus] = declaration.all(Prometheus);
          if (!prometheus) return nothingToCheck("no Prometheus is declared");
          const found = await prometheusApi(running, declaration, prometheus).alertmanagers();
          const known = found.some((url) => new URL(url).port === String(connection.port));
          return verdict(known ? [] : [`Prometheus knows ${found.join(", ") || "none"}`], found.join(", "));
        },
      },
      {
        family: FAMILY,
        title: "the watchdog arrives",
        // groups wait before they are sent on
        settle: 90,
        run: async () => {
          const alerts = JSON.parse(await get("/api/v2/alerts?active=true")) as { labels: { alertname: string } }[];
          const names = [...new Set(alerts.map(({ labels }) => labels.alertname))];
          return verdict(
            names.includes("Watchdog") ? [] : ["Watchdog is not among its alerts"],
            count(names.length, "alert"),
          );
        },
      },
    ];
  });
}
