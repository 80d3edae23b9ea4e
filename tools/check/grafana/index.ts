import { Grafana } from "../../../components/grafana";
import { adminPassword } from "../../../components/grafana/monitoring";
import { dashboardsOf, settings } from "../../../components/grafana/settings";
import type { Passwords } from "../../pulumi/passwords";
import type { Declaration } from "../declared";
import { type Check, count, fail, nothingToCheck, verdict } from "../outcome";
import type { Instance, Running } from "../running";

const FAMILY = "grafana";

/** Checks of every Grafana of the stack. Where it is left out for want of an image, they say so. */
export function grafanaChecks(
  running: Running,
  declaration: Declaration,
  passwords: () => Promise<Passwords>,
): Check[] {
  return declaration.all(Grafana).flatMap(({ name, args, connection }) => {
    const instance: Instance = { workload: name, replica: 0 };
    const deployed = settings(args).deploy;
    // what curl is told comes by standard input, so that no password is in a list of processes
    const get = (path: string, user?: string) => {
      const lines = [`url = "http://127.0.0.1:${connection.port}${path}"`, ...(user ? [`user = "${user}"`] : [])];
      return running.exec(instance, ["curl", "--silent", "--config", "-"], { input: `${lines.join("\n")}\n` });
    };
    const row = (title: string, run: () => ReturnType<Check["run"]>): Check => ({
      family: FAMILY,
      title,
      settle: 60,
      run: async () => (deployed ? run() : nothingToCheck("left out: there is no image of Grafana to be had here")),
    });
    return [
      row("it answers", async () => {
        const { stdout } = await get("/api/health");
        return verdict(
          /"database":\s*"ok"/.test(stdout) ? [] : [`/api/health: ${stdout || "no answer"}`],
          "database ok",
        );
      }),
      row("the admin sees every dashboard", async () => {
        const password = (await passwords())[adminPassword(name).generated];
        if (password === undefined) return fail("its password is not among the stack's generated ones");
        const { stdout } = await get("/api/search?type=dash-db&limit=5000", `admin:${password}`);
        const found = (JSON.parse(stdout || "[]") as { uid: string }[]).map(({ uid }) => uid);
        const missing = dashboardsOf(args).filter(({ uid }) => !found.includes(uid));
        return verdict(
          missing.map(({ title }) => `the dashboard ${title} is not there`),
          count(found.length, "dashboard"),
        );
      }),
    ];
  });
}
