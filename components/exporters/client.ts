import type { Problem } from "../core/problems";
import type { Connection } from "../target/connection";

/** What an exporter needs of the server that it watches: to be of its kind, and a user to be there. */
export function checkClient(path: string, to: Connection, kind: string, user: string): Problem[] {
  if (to.kind !== kind) {
    const fix = "Give it the connection of the server that it is made for";
    return [{ path, value: to.id, rule: `is a connection of kind "${to.kind}", not "${kind}"`, fix }];
  }
  if (to.credentials?.[user]) return [];
  return [
    {
      path: `${path}.credentials.${user}`,
      rule: "is missing: without it the exporter cannot log in",
      fix: "Take the connection of the component, or give user and password in existing.credentials",
    },
  ];
}

/** A server of the same stack is ready before its exporter asks for the first time: else each start would log errors that are none. */
export function startsHere({ peer }: Connection): boolean {
  return "workload" in peer;
}
