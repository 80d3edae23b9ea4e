import { checkServerIdentity } from "node:tls";
import { plainHeaders } from "../../../components/gateway/headers";
import type { RouteSpec, Spec } from "../../../components/gateway/spec";
import type { Answer } from "./entrance";

type Host = Pick<RouteSpec, "host">;

/** What is wrong with the certificate that a host answers with. Who signed it is no matter here: it may be one's own authority. */
export function certificateProblems({ host }: Host, { certificate }: Answer, now = new Date()): string[] {
  if (!certificate?.subject) return [`${host}: no certificate`];
  const identity = checkServerIdentity(host, certificate);
  if (identity) {
    const whose = [certificate.subjectaltname, certificate.subject.CN].find(Boolean) ?? "nobody";
    return [`${host}: the certificate is for ${whose}; the controller makes one up where the Secret is missing`];
  }
  const until = new Date(certificate.valid_to);
  return until > now ? [] : [`${host}: the certificate has expired on ${until.toISOString()}`];
}

/** What is wrong with the answer to somebody who gave no password. */
export function openProblems({ host, auth }: Pick<RouteSpec, "host" | "auth">, { status, headers }: Answer): string[] {
  if (auth) return status === 401 ? [] : [`${host}: ${status} without a password, and 401 is declared`];
  // the service's own 404 has come by the gateway's headers
  if (status === 404 && !headers["referrer-policy"]) return [`${host}: 404, the controller does not know it`];
  return status < 500 ? [] : [`${host}: ${status}, the service does not answer`];
}

/** What is wrong with the answers to a wrong password and, where it is known, to the right one. */
export function passwordProblems({ host }: Host, wrong: Answer, right: Answer | undefined): string[] {
  return [
    ...(wrong.status === 401 ? [] : [`${host}: ${wrong.status} with a wrong password, and 401 is declared`]),
    ...(right && (right.status === 401 || right.status >= 500) ? [`${host}: ${right.status} with its password`] : []),
  ];
}

/** Security headers that differ from the declared ones. */
export function headerProblems(
  { headers }: Pick<Spec, "headers">,
  { host, secure }: Pick<RouteSpec, "host" | "secure">,
  answer: Answer,
): string[] {
  return plainHeaders(headers, secure).flatMap(({ name, value }) => {
    const given = answer.headers[name.toLowerCase()];
    return given === value ? [] : [`${host}: ${name} is ${given ?? "missing"}, and ${value} is declared`];
  });
}

/** What is wrong with the answer by http to a host that has https. */
export function redirectProblems({ host }: Host, { status, headers }: Answer, path: string): string[] {
  const to = `https://${host}${path}`;
  if ((status === 301 || status === 308) && headers.location === to) return [];
  const given = headers.location ? `${status} to ${headers.location}` : `${status}`;
  return [`${host}: ${given} by http, and a redirect to ${to} is declared`];
}
