import { writeFileSync } from "node:fs";
import type { Command } from "../core/command";
import { inRoot } from "../core/paths";
import { alertsMarkdown } from "../docs/alerts";
import { configurationMarkdown, pulumiYaml } from "../docs/configuration";
import { dashboardsMarkdown } from "../docs/dashboards";

export function register(program: Command): void {
  program
    .command("docs")
    .description(
      "write the files that are generated from the code: Pulumi.yaml's config block, docs/configuration.md …",
    )
    .action(() => {
      for (const [file, text] of Object.entries(generated())) writeFileSync(inRoot(file), text);
    });
}

/** Every generated file, by its path in the checkout. */
export function generated(): Readonly<Record<string, string>> {
  return {
    "Pulumi.yaml": pulumiYaml(),
    "docs/configuration.md": configurationMarkdown(),
    "docs/alerts.md": alertsMarkdown(),
    "docs/dashboards.md": dashboardsMarkdown(),
  };
}
