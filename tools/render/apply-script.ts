import type { Manifest } from "./manifests";

/**
 * The order of applying, as a script for any POSIX shell with kubectl. Wave by wave: a job that failed, whose definition changed
 * or whose volume is new is deleted, because jobs are immutable; then the folder is applied, and what later waves depend on is
 * waited for. Everything else is waited for at the end.
 * @param files path of each manifest below the folder of the script
 */
export function applyScript(
  stack: string,
  manifests: readonly Manifest[],
  files: ReadonlyMap<Manifest, string>,
): string {
  const waves = [...new Set(manifests.map((m) => m.wave))].map((wave) => {
    const members = manifests.filter((m) => m.wave === wave);
    const [first] = members;
    const folder = first && files.get(first)?.split("/")[0];
    return [
      ...members.filter((m) => m.wait?.for === "complete").map((m) => renew(m, files.get(m) ?? "")),
      `k apply --server-side -f ${folder}/`,
      ...members.filter((m) => m.wait?.blocking).map(waitFor),
    ];
  });
  const last = manifests.filter((m) => m.wait && !m.wait.blocking).map(waitFor);
  const parts = [...waves, last].filter((lines) => lines.length > 0);
  return `${HEAD.replaceAll("{stack}", stack)}${parts.map((lines) => `\n${lines.join("\n")}\n`).join("")}`;
}

function renew({ namespace = "default", name, again = [] }: Manifest, file: string): string {
  return ["renew", namespace, name, file, ...again].join(" ");
}

function waitFor({ kind, namespace = "default", name, wait }: Manifest): string {
  if (wait?.for === "complete") return `finish ${namespace} ${name} ${wait.timeout}`;
  return `ready ${namespace} ${kind.toLowerCase()}/${name} ${wait?.timeout}`;
}

const HEAD = `#!/bin/sh
# Applies stack {stack} in order and waits for jobs and workloads. Running it again changes nothing.
# Arguments go to every kubectl call: sh apply.sh --context production
set -eu
cd "$(dirname "$0")"
options=$(for option; do printf "%s " "$option"; done)

k() { kubectl $options "$@"; }

conditions() { k get job "$2" -n "$1" --ignore-not-found -o 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type} {end}'; }

created() { k get "$1" "$2" -n "$3" --ignore-not-found -o 'jsonpath={.metadata.creationTimestamp}'; }

# renew <namespace> <job> <file> [<claim>...]: makes room for a job that failed, has changed, or is older than a volume of its
renew() {
  namespace=$1 job=$2 file=$3
  shift 3
  made=$(created job "$job" "$namespace")
  [ -n "$made" ] || return 0
  case " $(conditions "$namespace" "$job")" in *" Failed "*) again=failed ;; *) again= ;; esac
  for claim; do
    claimed=$(created pvc "$claim" "$namespace")
    # times of the API server sort as text
    if [ -z "$claimed" ] || [ "$(printf '%s\\n' "$made" "$claimed" | sort | head -n 1)" != "$claimed" ]; then again=volume; fi
  done
  if k apply --server-side --dry-run=server -f "$file" 2>&1 | grep -q "field is immutable"; then again=changed; fi
  [ -z "$again" ] || k delete job "$job" -n "$namespace"
}

# finish <namespace> <job> <seconds>: waits until it succeeded; otherwise shows its log
finish() {
  end=$(($(date +%s) + $3)) what="has not ended within $3 s"
  while :; do
    case " $(conditions "$1" "$2")" in
      *" Complete "*)
        echo "job $2 succeeded"
        return
        ;;
      *" Failed "*)
        what=failed
        break
        ;;
    esac
    [ "$(date +%s)" -lt "$end" ] || break
    sleep 2
  done
  echo "Job $1/$2 $what. Its log:" >&2
  k logs "job/$2" -n "$1" --all-containers --tail=50 >&2 || true
  echo "Remove the cause, then run this again." >&2
  exit 1
}

# ready <namespace> <kind>/<name> <seconds>: waits until all its replicas are ready
ready() { k rollout status "$2" -n "$1" --timeout="$3s"; }
`;
