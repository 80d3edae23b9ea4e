/** Lines around a change that are shown. */
const CONTEXT = 3;

/** A unified diff of two texts, without a heading; empty when they are equal. */
export function unifiedDiff(before: string, after: string): string[] {
  const changes = align(split(before), split(after));
  const shown = new Set<number>();
  for (const [i, change] of changes.entries()) {
    if (change[0] === " ") continue;
    for (let j = i - CONTEXT; j <= i + CONTEXT; j++) shown.add(j);
  }
  const lines: string[] = [];
  for (const [i, change] of changes.entries()) {
    if (!shown.has(i)) continue;
    if (!shown.has(i - 1) && lines.length > 0) lines.push("@@");
    lines.push(change);
  }
  return lines;
}

function split(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** Every line of both with ` `, `-` or `+` before it, by the longest common subsequence. */
function align(before: readonly string[], after: readonly string[]): string[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const a = before.slice(start, before.length - end);
  const b = after.slice(start, after.length - end);
  const same = (line: string): string => ` ${line}`;
  return [...before.slice(0, start).map(same), ...middle(a, b), ...before.slice(before.length - end).map(same)];
}

function middle(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  // length of the longest common subsequence of a[i..] and b[j..]
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i]}`);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${a[i++]}`);
    } else {
      lines.push(`+${b[j++]}`);
    }
  }
  return lines;
}
