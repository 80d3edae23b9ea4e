import type { HeaderSpec } from "./spec";

/** Traefik's own settings: it sends Strict-Transport-Security by https alone. */
export function traefikHeaders({ hsts, frame, referrer }: HeaderSpec): Readonly<Record<string, unknown>> {
  return {
    stsSeconds: hsts.maxAge,
    stsIncludeSubdomains: hsts.subdomains,
    stsPreload: hsts.preload,
    contentTypeNosniff: true,
    customFrameOptionsValue: frame,
    referrerPolicy: referrer,
  };
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** The same as names and values, of a route that is reached by https or not. */
export function plainHeaders({ hsts, frame, referrer }: HeaderSpec, secure: boolean): readonly Header[] {
  const strict = [
    `max-age=${hsts.maxAge}`,
    ...(hsts.subdomains ? ["includeSubDomains"] : []),
    ...(hsts.preload ? ["preload"] : []),
  ];
  return [
    ...(secure ? [{ name: "Strict-Transport-Security", value: strict.join("; ") }] : []),
    { name: "X-Content-Type-Options", value: "nosniff" },
    { name: "X-Frame-Options", value: frame },
    { name: "Referrer-Policy", value: referrer },
  ];
}
