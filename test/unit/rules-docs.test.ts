import * as fs from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { alertsMarkdown } from "../../tools/docs/alerts";
import { alerts, monitoredBoth } from "../support/monitored";

const markdown = alertsMarkdown();

it("docs/alerts.md is up to date", () => {
  const file = fs.readFileSync(path.resolve(__dirname, "../../docs/alerts.md"), "utf8");
  expect(file, 'run "npm run docs"').toBe(markdown);
});

it("has each alert of a stack, with what it has there", () => {
  for (const { name, severity, for: duration } of alerts(monitoredBoth())) {
    const time = duration === "0s" ? "at once" : duration;
    expect(markdown).toContain(`| [${name}](runbooks/${name}.md) | ${severity} | ${time} |`);
  }
});
