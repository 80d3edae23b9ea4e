import type { ComponentArgs } from "../../core/component";
import type { Size } from "../../core/units";
import type { AlertTuning } from "../../monitoring/monitoring";
import type { AppAlert } from "../alerts";
import type { AppArgs, AppHttp, AppUses, UsedServer } from "../args";
import type { DjangoAlert } from "./alerts";

/** An administrator that exists from the first start on; the password is generated, see the secret `<name>-superuser`. */
export interface DjangoSuperuser {
  /** @default "admin" */
  readonly name?: string;
  /** @default none */
  readonly email?: string;
}

/** How many requests are served at once; what is left out follows from the limits of processor time and memory. */
export interface DjangoWorkers {
  /** Processes. @default one more than the cores, as far as memory holds them */
  readonly processes?: number;
  /** Threads of each process: requests that wait for the database take no processor time. @default 4 */
  readonly threads?: number;
  /** Memory that one process needs. @default "112Mi" */
  readonly memory?: Size;
  /** Seconds after which a process that does not answer at all is killed. @default 60 */
  readonly timeout?: number;
  /**
   * Path of a gunicorn configuration in the image, in place of ours, which logs slow requests and clears up after processes that ended.
   * The numbers above and the port come first all the same. @default ours
   */
  readonly config?: string;
}

/**
 * A Django project: image with `manage.py` in its working directory, gunicorn, and settings that read the environment (docs/app.md).
 * What is not here is as in `AppArgs`.
 */
export interface DjangoAppArgs
  extends ComponentArgs,
    Pick<
      AppArgs,
      | "image"
      | "replicas"
      | "settings"
      | "secrets"
      | "needs"
      | "after"
      | "files"
      | "resources"
      | "stopGrace"
      | "readyTiming"
      | "monitoring"
    > {
  readonly http: Omit<AppHttp, "port" | "dialect"> & {
    /** @default 8000 */
    readonly port?: number;
  };
  /** WSGI application, such as "shop.wsgi". */
  readonly wsgi: string;
  /** Where its data is; migrations run in it before the app starts. */
  readonly uses: AppUses & { readonly database: NonNullable<AppUses["database"]> };
  /** Runs `manage.py`. @default "python3" */
  readonly python?: string;
  /** `user`: another user of the same server, whose rights suffice to change the schema. `false`: somebody else migrates. @default the app's own user */
  readonly migrations?:
    | false
    | (Pick<UsedServer, "user"> & { readonly args?: readonly string[]; readonly timeout?: number });
  /** `false`: none. @default { name: "admin" } */
  readonly superuser?: false | DjangoSuperuser;
  /** `"image"`: collected when the image was built. Otherwise collected at each start, into memory. @default { path: "/app/static", size: "32Mi" } */
  readonly static?: "image" | { readonly path?: string; readonly size?: Size };
  /** More names that requests may come to. Its own in the stack, loopback and the container's address are always allowed. @default none */
  readonly hosts?: readonly string[];
  /** Origins whose pages may call it, such as "https://shop.example.com". @default none */
  readonly corsOrigins?: readonly string[];
  /** Origins whose forms it takes, where they differ from the host that it is asked by, as behind a proxy. @default none */
  readonly csrfTrustedOrigins?: readonly string[];
  /** Users come by HTTPS, which a proxy before it ends: cookies are sent over that alone. @default false */
  readonly https?: boolean;
  /** Requests that take longer are logged. @default 1 */
  readonly slowRequestSeconds?: number;
  readonly workers?: DjangoWorkers;
  /** Writable paths in memory beside static files and /tmp, which has 64Mi unless it is given. @default none */
  readonly scratch?: AppArgs["scratch"];
  /** Its interval and path; it is the port of `http`. @default "/metrics" */
  readonly metrics?: Pick<NonNullable<AppArgs["metrics"]>, "path" | "interval">;
  readonly alerts?: AlertTuning<AppAlert | DjangoAlert>;
}
