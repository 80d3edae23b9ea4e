import { ADMIN, CONFIG_FILE, DATA, PASSWORD_FILE, SECRET_KEY_FILE } from "./ini";

const HOME = "/usr/share/grafana";

export const START_FILE = "/datastack/start-grafana.sh";

/**
 * What runs instead of the image's `run.sh`. Grafana takes the password of its configuration only for a database that it makes; in
 * one that is there it is set before the server starts, and that is how it is rotated: `reset-admin-password` is for user 1, the
 * admin of the first start, and reads the password from standard input, where no list of processes shows it. Versions of it end
 * with 0 though they failed, so what counts is that it says it has succeeded.
 */
export function startScript(): string {
  return `#!/bin/sh
set -eu
umask 077
home=${HOME} data=${DATA} config=${CONFIG_FILE}
export HOME="$home" PATH="$home/bin:$PATH"

if [ ! -s ${SECRET_KEY_FILE} ]; then
  if [ -s "$data/grafana.db" ]; then
    echo "datastack: ${SECRET_KEY_FILE} is gone: secrets that were typed into data sources have to be typed again" >&2
  fi
  od -An -v -N32 -tx1 /dev/urandom | tr -d ' \\n' > ${SECRET_KEY_FILE}.new
  mv -f ${SECRET_KEY_FILE}.new ${SECRET_KEY_FILE}
fi

mkdir -p "$data/plugins"

if [ -s "$data/grafana.db" ]; then
  said=$(grafana cli --homepath "$home" --config "$config" admin reset-admin-password --password-from-stdin \
    < ${PASSWORD_FILE} 2>&1) || :
  case $said in
    *"password changed successfully"*) echo "datastack: the password of ${ADMIN} is that of the stack" ;;
    *)
      echo "$said" >&2
      echo "datastack: the password of ${ADMIN} could not be set, and the one before must not go on being valid." >&2
      echo "datastack: user 1 has to be an administrator; the lines above say what is wrong." >&2
      exit 1
      ;;
  esac
fi

exec grafana server --homepath="$home" --config="$config" --packaging=docker
`;
}
