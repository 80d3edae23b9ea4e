/** Files that a nightly schedule keeps on a volume of its own, as its scripts call them. */
export interface Archives {
  /** Folder of the volume. */
  readonly folder: string;
  /** What one is called: a function of that name in the plural lists them, a variable has the one that was chosen. */
  readonly one: string;
  /** Whose they are: the shell variable that their names begin with. */
  readonly owner: string;
  /** How their names end. */
  readonly ending: string;
  /** What they are of, for messages. */
  readonly of: string;
  /** What an emptied one has lost. */
  readonly contents: string;
  /** How much is in one: the shell function that says it, its unit, and what the larger of two is to the other. */
  readonly measure: { readonly command: string; readonly unit: string; readonly larger: string };
}

/** One that an older one is more than that many times as large as may be of something that was emptied. */
export const SHRUNK = 5;

/** Functions that list archives, oldest first, and tell their sizes and which is much larger than another. */
export function listing({ folder, one, owner, ending, measure: { command, larger } }: Archives): string {
  return `# Oldest first: their names begin with their time.
${one}s() {
  for file in ${folder}/"${owner}"-[0-9]*${ending}; do
    if [ -f "$file" ]; then echo "\${file##*/}"; fi
  done
}
size() { echo $(($(wc -c <"${folder}/$1"))); }
# The newest other ${one} that ${larger} $1, if there is one.
larger() {
  ${one}s | sort -r | while read -r other; do
    [ "$other" != "$1" ] || continue
    if [ "$(${command} "$other")" -gt $((${SHRUNK} * $(${command} "$1"))) ]; then
      echo "$other"
      break
    fi
  done
}`;
}

/** Removes old ones beside the new $name, down to $KEEP; those of something emptied never push out the last full one. */
export function pruning({ folder, one, contents, measure: { command, unit, larger } }: Archives): string {
  return `# Never the one that was just made, whatever the clock was when the others were.
previous=$(${one}s | grep -vxF "$name" | sort -r | head -n 1)
much_larger=$(larger "$name")
if [ -n "$previous" ] && [ "$previous" = "$much_larger" ]; then
  echo "warning: $name has $(${command} "$name") ${unit}, $previous before it $(${command} "$previous"): no old ${one} is removed. Have ${contents} been lost?" >&2
else
  ${one}s | grep -vxF "$name" | sort -r | tail -n +"$KEEP" | while read -r old; do
    if [ "$old" = "$much_larger" ]; then
      echo "kept $old beside them: it ${larger} any since. Remove it when it is not needed."
      continue
    fi
    rm -f "${folder}/$old"
    echo "removed $old"
  done
fi`;
}

/** Of a script with the arguments "list" or "restore NAME": lists and ends, or sets $name and the variable with the file. */
export function choosing({ folder, one, owner, of, measure: { command, unit } }: Archives): string {
  return `if [ "\${1-}" = list ]; then
  ${one}s | sort -r | while read -r name; do echo "$name $(size "$name")"; done
  exit 0
fi
[ "\${1-}" = restore ] && [ -n "\${2-}" ] || { echo "usage: restore.sh list | restore.sh restore NAME" >&2; exit 2; }
name=$2
if [ "$name" = latest ]; then
  name=$(${one}s | sort -r | head -n 1)
  [ -n "$name" ] || { echo "There is no ${one} of ${owner} in ${folder}." >&2; exit 1; }
  much_larger=$(larger "$name")
  if [ -n "$much_larger" ]; then
    echo "The latest ${one} may be one of an emptied ${of}: $name has $(${command} "$name") ${unit}, $much_larger had $(${command} "$much_larger")." >&2
    echo "Nothing was changed. Restore one of them by its name." >&2
    exit 1
  fi
fi
${one}=${folder}/$name
case $name in */*) ${one}= ;; esac
[ -n "$${one}" ] && [ -f "$${one}" ] || { echo "There is no ${one} $name. These are there:" >&2; ${one}s >&2; exit 1; }`;
}
