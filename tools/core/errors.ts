/** An error that the user can act on: its message is printed as it stands, without a stack, and the exit code is 1. */
export class UserError extends Error {
  override name = "UserError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
