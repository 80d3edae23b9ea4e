/** Where the pages lie in this repository, and what `runbook_url` begins with unless told otherwise. */
export const RUNBOOKS_FOLDER = "docs/runbooks";

/**
 * The alerts that have a page `docs/runbooks/<alert>.md`. A list, because a preview cannot read the folder of a package that
 * was installed without it; a test keeps the two equal.
 */
export const RUNBOOKS: readonly string[] = [];

export function hasRunbook(alert: string): boolean {
  return RUNBOOKS.includes(alert);
}
