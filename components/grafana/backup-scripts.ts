import { type Archives, choosing, listing, pruning, SHRUNK } from "../core/archives";

/** Where the volume of the archives is mounted. */
export const ARCHIVES = "/var/lib/datastack-backups";

const FILES = "/opt/datastack/grafana";
/** The admin's password, in the backup's container. */
export const BACKUP_PASSWORD = `${FILES}/password`;
export const BACKUP_SCRIPT = `${FILES}/backup.sh`;
export const RESTORE_SCRIPT = `${FILES}/restore.sh`;
export const JSON_SCRIPT = `${FILES}/json.awk`;

/** Seconds that a backup, and a restore, may take. */
export const BACKUP_TIMEOUT = 1800;

const KEPT: Archives = {
  folder: ARCHIVES,
  one: "archive",
  owner: "$NAME",
  ending: "-dashboards.tar.gz",
  of: "Grafana",
  contents: "dashboards",
  measure: { command: "dashboards", unit: "dashboards", larger: `has more than ${SHRUNK} times the dashboards of` },
};

/**
 * Grafana's image has no program for JSON, but awk. Texts are cut at their quotation marks, so that large dashboards take no longer than
 * they are long.
 */
export const JSON_AWK = `# Prints a member's value as it stands in the JSON object that is read; nothing if there is none.
# -v path="a b": the member b of the object in the member a. -v reset=c: with null as the value of its own member c.
{ json = json $0 "\\n" }
END {
  depth = split(path, keys, " ")
  for (k = 1; k <= depth; k++) {
    json = member(json, keys[k])
    if (json == "") exit
  }
  if (reset != "" && member(json, reset) != "") json = substr(json, 1, from - 1) "null" substr(json, to)
  print json
}

# Sets from and to: where the value begins, and what comes after it.
function member(text, key,    part, n, i, j, at, level, out, c, name, value) {
  n = split(text, part, "\\"")
  at = 1
  level = 0
  from = 0
  for (i = 1; i <= n; i++) {
    # Between two strings.
    out = part[i]
    for (j = 1; j <= length(out); j++) {
      c = substr(out, j, 1)
      if (c == "}" || c == "]") level--
      if (from && (level == 0 || level == 1 && c == ",")) {
        to = at + j - 1
        value = substr(text, from, to - from)
        gsub(/^[ \\t\\r\\n]+|[ \\t\\r\\n]+$/, "", value)
        return value
      }
      if (level == 1 && c == ":" && !from && name == key) from = at + j
      if (c == "{" || c == "[") level++
    }
    at += length(out) + 1
    if (i == n) break
    # A string, with the escaped quotation marks in it.
    name = part[++i]
    at += length(part[i]) + 1
    while (escapes(part[i]) && i < n) {
      name = ""
      at += length(part[++i]) + 1
    }
  }
  return ""
}

function escapes(piece) {
  return match(piece, /\\\\+$/) ? RLENGTH % 2 : 0
}
`;

/** What both scripts begin with. GRAFANA_URL, NAME and KEEP are given. */
const CLIENT = `umask 077
export LC_ALL=C
# printf is the shell's own: no command line shows the password.
printf 'default login admin password %s\\n' "$(cat ${BACKUP_PASSWORD})" >/tmp/netrc
# request PATH [OPTION …]: prints the status; the answer is in /tmp/answer.
request() {
  path=$1
  shift
  : >/tmp/answer
  curl --silent --show-error --netrc-file /tmp/netrc --max-time 60 --retry "\${RETRIES-5}" --retry-connrefused \\
    --output /tmp/answer --write-out '%{http_code}' "$@" "$GRAFANA_URL$path"
}
# send PATH FILE [OPTION …]: posts what is in the file.
send() {
  to=$1
  content=$2
  shift 2
  request "$to" --header 'Content-Type: application/json' --data-binary "@$content" "$@"
}
said() { head -c 300 /tmp/answer | tr '\\n' ' '; }
json() { awk -f ${JSON_SCRIPT} -v path="$1" -v reset="\${2-}" /tmp/answer; }
dashboards() { echo "$1" | sed 's/.*Z-\\([0-9]*\\)-dashboards[.]tar[.]gz$/\\1/'; }
${listing(KEPT)}`;

/**
 * Saves folders and dashboards as the requests that make them again. To a temporary name first, which is read back; then old archives are
 * removed. Those of an emptied Grafana never push out the last one of a full one.
 */
export const BACKUP = `#!/bin/sh
# Saves what people made in the Grafana at $GRAFANA_URL to ${ARCHIVES}, and keeps the last $KEEP archives.
set -eu
${CLIENT}
work=${ARCHIVES}/.work
# Of a run that was killed.
rm -rf "$work" ${ARCHIVES}/.*.partial
trap 'rm -rf "$work" "\${partial-}" /tmp/netrc /tmp/answer /tmp/page /tmp/uids' EXIT
mkdir -p "$work/folders" "$work/dashboards"

fail() {
  echo "$1" >&2
  echo "Nothing was saved; the archives before are as they were." >&2
  exit 1
}
ask() {
  status=$(request "$1") || fail "Grafana does not answer at $GRAFANA_URL$1."
  [ "$status" != 401 ] || fail "Grafana refuses the password of admin: it has another one than the stack until it is restarted."
}
fetch() {
  ask "$1"
  [ "$status" = 200 ] || fail "Grafana answers $status to $GRAFANA_URL$1: $(said)"
}
# uids TYPE: of all folders, or of all dashboards, into /tmp/uids.
uids() {
  page=1
  : >/tmp/uids
  while :; do
    fetch "/api/search?type=$1&limit=1000&page=$page"
    grep -o '"uid" *: *"[^"]*"' /tmp/answer | sed 's/.*"\\([^"]*\\)"$/\\1/' >/tmp/page || :
    [ -s /tmp/page ] || break
    cat /tmp/page >>/tmp/uids
    page=$((page + 1))
  done
  # They become names of files.
  if grep -q '[^A-Za-z0-9_-]' /tmp/uids; then fail "Grafana has a uid with signs that none should have: $(grep '[^A-Za-z0-9_-]' /tmp/uids)"; fi
}

# newer UID: of Grafana's second schema, which has an API of its own; the answer that refuses it in the first one names that.
newer() {
  at=$(sed -n 's|.*use \\(/apis/dashboard[.]grafana[.]app/[a-z0-9]*/namespaces/[A-Za-z0-9-]*/dashboards\\)/.*|\\1|p' /tmp/answer)
  [ -n "$at" ] || fail "The dashboard $1 cannot be read: 406 $(said)"
  fetch "$at/$1"
  json spec >"$work/dashboard"
  [ -s "$work/dashboard" ] || fail "The dashboard $1 is not what Grafana answers: $(said)"
  folder=$(json "metadata annotations grafana.app/folder")
  version=\${at#/apis/}
  {
    printf '{"metadata":{"name":"%s","annotations":{"grafana.app/message":"Restored from a backup"%s}},' \\
      "$1" "\${folder:+,\\"grafana.app/folder\\":$folder}"
    printf '"kind":"Dashboard","apiVersion":"%s","spec":' "\${version%%/namespaces/*}"
    cat "$work/dashboard"
    echo '}'
  } >"$work/dashboards/$1.json"
  echo "$at" >"$work/dashboards/$1.at"
}

begun=$(date -u +%s)
uids dash-folder
folders=0
while read -r uid; do
  ask "/api/folders/$uid"
  # Deleted since it was listed.
  [ "$status" != 404 ] || continue
  title=$(json title)
  [ "$status" = 200 ] && [ -n "$title" ] || fail "The folder $uid cannot be read: $status $(said)"
  parent=$(json parentUid)
  printf '{"uid":"%s","title":%s%s}\\n' "$uid" "$title" "\${parent:+,\\"parentUid\\":$parent}" >"$work/folders/$uid.json"
  folders=$((folders + 1))
done </tmp/uids

uids dash-db
count=0
while read -r uid; do
  ask "/api/dashboards/uid/$uid"
  [ "$status" != 404 ] || continue
  if [ "$status" = 406 ]; then
    newer "$uid"
    count=$((count + 1))
    continue
  fi
  [ "$status" = 200 ] || fail "The dashboard $uid cannot be read: $status $(said)"
  # It is the stack's, and comes back with that.
  [ "$(json "meta provisioned")" != true ] || continue
  # Its number means nothing to another database.
  json dashboard id >"$work/dashboard"
  [ -s "$work/dashboard" ] || fail "The dashboard $uid is not what Grafana answers: $(said)"
  folder=$(json "meta folderUid")
  {
    printf '{"dashboard":'
    cat "$work/dashboard"
    printf '%s,"overwrite":true,"message":"Restored from a backup"}\\n' "\${folder:+,\\"folderUid\\":$folder}"
  } >"$work/dashboards/$uid.json"
  count=$((count + 1))
done </tmp/uids
rm -f "$work/dashboard"

name=$NAME-$(date -u +%Y%m%dT%H%M%SZ)-$count-dashboards.tar.gz
partial=${ARCHIVES}/.$name.partial
tar -czf "$partial" -C "$work" folders dashboards
# Read to its end, so that a damaged one is found now.
tar -tzf "$partial" >/dev/null
sync
mv "$partial" "${ARCHIVES}/$name"

${pruning(KEPT)}
echo "$name: $count dashboards, $folders folders, $(size "$name") bytes, $(($(date -u +%s) - begun)) s; $(($(archives | wc -l))) archives are kept"
`;

/** Folders that are gone are made, then every dashboard is saved as a new version; what is there beside them stays. */
export const RESTORE = `#!/bin/sh
# restore.sh list: the archives, newest first, as name, size in bytes.
# restore.sh restore NAME: puts the dashboards of that archive back; NAME may be "latest".
set -eu
${CLIENT}
work=${ARCHIVES}/.restore
trap 'rm -rf "$work" /tmp/netrc /tmp/answer' EXIT

${choosing(KEPT)}
rm -rf "$work"
mkdir -p "$work"
tar -xzf "$archive" -C "$work" || { echo "$name is no archive that can be read. Nothing was changed." >&2; exit 1; }
status=$(request /api/org) || { echo "Grafana does not answer at $GRAFANA_URL. Nothing was changed." >&2; exit 1; }
[ "$status" = 200 ] || { echo "Grafana lets nobody in: $status $(said). Nothing was changed." >&2; exit 1; }

# save UID: as a new version of what is there, or anew; sets the status.
save() {
  body=$work/dashboards/$1.json
  if [ ! -f "$work/dashboards/$1.at" ]; then
    status=$(send /api/dashboards/db "$body")
    return
  fi
  at=$(cat "$work/dashboards/$1.at")
  status=$(request "$at/$1")
  case $status in
    404) status=$(send "$at" "$body") ;;
    200)
      # Over the version that was just read, and over no other.
      version=$(json "metadata resourceVersion")
      sed "1s|^{\\"metadata\\":{|&\\"resourceVersion\\":$version,|" "$body" >"$work/body"
      status=$(send "$at/$1" "$work/body" --request PUT)
      ;;
  esac
}

made=0
failed=0
# A folder within another one has to wait for that.
left=$(ls "$work/folders")
while [ -n "$left" ]; do
  again=
  progress=
  for file in $left; do
    status=$(request "/api/folders/\${file%.json}")
    if [ "$status" = 200 ]; then
      progress=yes
      continue
    fi
    status=$(send /api/folders "$work/folders/$file")
    case $status in
      200 | 201)
        made=$((made + 1))
        progress=yes
        ;;
      *) again="$again $file" ;;
    esac
  done
  left=$again
  [ -n "$progress" ] || break
done
for file in $left; do
  status=$(send /api/folders "$work/folders/$file")
  echo "the folder \${file%.json} was not made: $status $(said)" >&2
  failed=$((failed + 1))
done

saved=0
kept=0
for file in $(cd "$work/dashboards" && ls | grep '[.]json$'); do
  uid=\${file%.json}
  status=$(request "/api/dashboards/uid/$uid")
  if [ "$status" = 200 ] && [ "$(json "meta provisioned")" = true ]; then
    echo "the dashboard $uid is the stack's now, and stays as it is"
    kept=$((kept + 1))
    continue
  fi
  save "$uid"
  if [ "$status" = 200 ] || [ "$status" = 201 ]; then
    saved=$((saved + 1))
  else
    echo "the dashboard $uid was not restored: $status $(said)" >&2
    failed=$((failed + 1))
  fi
done
echo "restored $name: $saved dashboards saved, $made folders made, $kept left to the stack, $failed failed"
[ "$failed" = 0 ]
`;
