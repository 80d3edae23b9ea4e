import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** Gives each test of a file an empty folder, with the tools' data in `data` below it and none of the developer's own settings. */
export function ownHome(): { at(...parts: string[]): string } {
  let home = "";
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "datastack-home-"));
    vi.stubEnv("DATASTACK_HOME", path.join(home, "data"));
    vi.stubEnv("PULUMI_BACKEND_URL", undefined);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    fs.rmSync(home, { recursive: true });
  });
  return { at: (...parts) => path.join(home, ...parts) };
}
