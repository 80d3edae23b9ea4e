import { type Problem, under } from "../core/problems";
import { isExisting } from "../core/secrets";
import { collect, filesOf } from "./check";
import type { Target } from "./target";
import type { Plan } from "./workload";

const OBJECT = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;

/** Secrets that somebody else keeps: where there are such, and by names that they can have. */
export function checkExistingSecrets(kind: Target["kind"], plans: readonly Plan[]): Problem[] {
  return collect(plans).processes.flatMap((process) =>
    under(
      process.name,
      filesOf(process).flatMap(({ path, content }): Problem[] => {
        if (!isExisting(content)) return [];
        const at = `files[${path}]`;
        const { existing, key } = content;
        if (kind !== "kubernetes") {
          const fix = "Give the password itself; on the deploying machine it can be in a file";
          return [{ path: at, value: existing, rule: "is a Secret of Kubernetes, and Docker has none", fix }];
        }
        return [
          ...(OBJECT.test(existing)
            ? []
            : [
                {
                  path: at,
                  value: existing,
                  rule: 'must be the name of a Secret: lower-case letters, digits, "-" and "."',
                },
              ]),
          ...(KEY.test(key)
            ? []
            : [{ path: at, value: key, rule: 'must be a key of a Secret: letters, digits, "-", "_" and "."' }]),
        ];
      }),
    ),
  );
}
