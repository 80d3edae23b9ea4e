import type { ComponentArgs } from "../core/component";
import type { SecretValue } from "../core/secrets";
import type { Duration } from "../core/units";
import type { Connection, PodsElsewhere } from "../target/connection";

/**
 * Who reads the objects. `traefik`: Traefik 3, with its Middleware resources for passwords and headers. `any`: every implementation of
 * the Gateway API, by what all of them know; that needs `parent`, and there are no passwords.
 */
export type Controller = "traefik" | "any";

/** A certificate that is there, or one that cert-manager gets. */
export type Tls =
  | {
      /** Name of a Secret of the type kubernetes.io/tls in the namespace of the stack, which somebody else keeps. */
      readonly secret: string;
    }
  | {
      /** Name of the issuer. */
      readonly issuer: string;
      /** `Issuer`: of the stack's own namespace. @default "ClusterIssuer" */
      readonly kind?: "ClusterIssuer" | "Issuer";
    };

/** One user who is asked for a password before a request gets any further. The service behind does not see it. */
export interface BasicAuth {
  /** @default "admin" */
  readonly user?: string;
  /** At most 72 bytes. @default generated, by the name `<gateway>-<route>`: see `npm run secret` */
  readonly password?: SecretValue;
  /** What browsers show when they ask. @default the host name */
  readonly realm?: string;
}

/** One host name that leads to one service of the stack. */
export interface Route {
  /** Such as `prometheus.example.com`: one that no other route has. */
  readonly host: string;
  /** The connection of the service. */
  readonly to: Connection;
  /** @default that of the gateway */
  readonly tls?: Tls;
  /** @default nobody is asked */
  readonly basicAuth?: BasicAuth;
}

/** A Gateway (Gateway API) that exists, whose listeners have the ports and the certificates. */
export interface ParentGateway {
  readonly name: string;
  /** @default the stack's own */
  readonly namespace?: string;
  /** Name of its listener for http. With both, http is redirected to https. @default none */
  readonly http?: string;
  /** Name of its listener for https. Without either listener, routes hang on all of them. @default none */
  readonly https?: string;
}

export type FrameOption = "DENY" | "SAMEORIGIN";

export const REFERRER_POLICIES = [
  "no-referrer",
  "same-origin",
  "strict-origin",
  "strict-origin-when-cross-origin",
  "origin",
  "origin-when-cross-origin",
] as const;

export type ReferrerPolicy = (typeof REFERRER_POLICIES)[number];

/** What browsers are told with every answer, beside `X-Content-Type-Options: nosniff`. */
export interface SecurityHeaders {
  /** Browsers use https alone for so long, where there is TLS. */
  readonly hsts?: {
    /** @default "365d" */
    readonly maxAge?: Duration;
    /** For all names below, too. @default false */
    readonly subdomains?: boolean;
    /** Allows the name to be put on browsers' own lists, which it does not come off for months. @default false */
    readonly preload?: boolean;
  };
  /** Whether pages may show these in a frame. @default "DENY" */
  readonly frame?: FrameOption;
  /** Who is told the address of the page that a link is on. @default "same-origin" */
  readonly referrer?: ReferrerPolicy;
}

/** Host names for services of the stack, on a Kubernetes cluster that has an ingress controller. */
export interface GatewayArgs extends ComponentArgs {
  /** At least one, by name: lower-case letters, digits and "-". */
  readonly routes: Readonly<Record<string, Route>>;
  /** @default "traefik" */
  readonly controller?: Controller;
  /** IngressClass of the controller, where no `parent` is given. @default "traefik" */
  readonly class?: string;
  /** Of all routes that have none of their own. @default plain http, which is refused in production */
  readonly tls?: Tls;
  /** Makes HTTPRoutes of this Gateway in place of Ingress objects. Its listeners have the certificates: there is no `tls` with it. */
  readonly parent?: ParentGateway;
  /** Names of Traefik's entry points. @default { http: "web", https: "websecure" } */
  readonly entryPoints?: { readonly http?: string; readonly https?: string };
  /**
   * The controller's pods, which are let in to the routed services.
   * @default { namespace: "traefik", labels: { "app.kubernetes.io/name": "traefik" } }, as Traefik's own chart has them
   */
  readonly pods?: PodsElsewhere;
  readonly headers?: SecurityHeaders;
}
