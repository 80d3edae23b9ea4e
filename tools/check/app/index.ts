import { DjangoApp, type DjangoAppArgs } from "../../../components/app";
import { PORT, superuserSecretOf } from "../../../components/app/django/app-args";
import type { Passwords } from "../../pulumi/passwords";
import { type Declaration, type DeclaredComponent, instancesOf } from "../declared";
import { type Check, fail, nothingToCheck, pass, verdict } from "../outcome";
import type { Running } from "../running";
import { visit } from "./visit";

const FAMILY = "app";

/** Shipped with Django, so that every project has it once its static files are collected. */
const STYLE = "/static/admin/css/base.css";

/** Checks of every Django project of the stack. `passwords` are read only when a check needs them. */
export function appChecks(running: Running, declaration: Declaration, passwords: () => Promise<Passwords>): Check[] {
  return declaration.all(DjangoApp).flatMap((component) => djangoChecks(running, declaration, component, passwords));
}

function djangoChecks(
  running: Running,
  declaration: Declaration,
  { name, args }: DeclaredComponent<DjangoAppArgs>,
  passwords: () => Promise<Passwords>,
): Check[] {
  const [instance] = instancesOf(declaration, name);
  if (!instance) return [];
  const healthy = `${name}: its health path answers 200 and says so`;
  const base = `http://127.0.0.1:${args.http.port ?? PORT}`;
  const ask = (paths: readonly string[], login = {}) =>
    visit(running, instance, args.python ?? "python3", { base, paths, ...login });
  const page =
    (path: string, good: RegExp): (() => ReturnType<Check["run"]>) =>
    async () => {
      const { status = 0, body = "" } = (await ask([path])).pages[path] ?? {};
      if (status !== 200) return fail(`${path} answers ${status || "not"}: ${body.slice(0, 200)}`);
      return good.test(body) ? pass(`${path} 200`) : fail(`${path} answers something else: ${body.slice(0, 200)}`);
    };
  const metrics = args.metrics?.path ?? "/metrics";
  return [
    // a body that tells of a failure is none of a healthy service
    {
      family: FAMILY,
      title: healthy,
      settle: 60,
      run: page(args.http.health, /^(?!.*"(error|fail(ed)?|down)").*ok/is),
    },
    { family: FAMILY, title: `${name}: admin pages have their style`, after: healthy, run: page(STYLE, /\{/) },
    { family: FAMILY, title: `${name}: metrics are served`, after: healthy, run: page(metrics, /^django_http_/m) },
    {
      family: FAMILY,
      title: `${name}: the admin logs in with the generated password only`,
      after: healthy,
      run: async () => {
        if (args.superuser === false) return nothingToCheck("no superuser is declared");
        const user = args.superuser?.name ?? "admin";
        const secret = superuserSecretOf(name).generated;
        const password = (await passwords())[secret];
        if (password === undefined) return fail(`${secret} is not among the stack's generated passwords`);
        const { login, wrong } = await ask([], { user, password });
        return verdict(
          [
            ...(login === "in" ? [] : [`${user} with ${secret}: ${login}`]),
            ...(wrong === "out" ? [] : [`${user} with another password: ${wrong}`]),
          ],
          user,
        );
      },
    },
  ];
}
