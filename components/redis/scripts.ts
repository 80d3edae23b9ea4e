import { FILES, PORT } from "./spec";

/** Password of the user `admin`, known inside the container alone. */
export const ADMIN_FILE = `${FILES}/admin-password`;
export const CLI = `${FILES}/cli.sh`;
export const READY = `${FILES}/ready.sh`;

/** redis-cli as `admin`, with the password neither on the command line nor in the container's environment. */
export const CLI_SCRIPT = `#!/bin/sh
# redis-cli as the user admin: sh ${CLI} info memory
REDISCLI_AUTH=$(cat ${ADMIN_FILE}) || exit 1
export REDISCLI_AUTH
exec redis-cli -h 127.0.0.1 -p ${PORT} --user admin --no-auth-warning "$@"
`;

/** redis-cli succeeds whatever the server answers, so the answer is what counts. */
export const READY_SCRIPT = `#!/bin/sh
# Succeeds when the server takes the password and answers PONG: not while it loads, nor when it cannot write its file.
reply=$(sh ${CLI} ping 2>&1)
[ "$reply" = PONG ] && exit 0
echo "\${reply:-no answer}"
exit 1
`;
