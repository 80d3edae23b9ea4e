import * as fs from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { dashboardsMarkdown, documentedDashboards } from "../../tools/docs/dashboards";
import { MONITORING } from "../support/dashboards";

const ROOT = path.resolve(__dirname, "../..");
const markdown = dashboardsMarkdown();

it("docs/dashboards.md is up to date", () => {
  const file = fs.readFileSync(path.join(ROOT, "docs/dashboards.md"), "utf8");
  expect(file, 'run "npm run docs"').toBe(markdown);
});

it("has each dashboard of a stack, and each of its panels", () => {
  const documented = new Map(documentedDashboards().map((dashboard) => [dashboard.uid, dashboard]));
  for (const dashboard of MONITORING.flatMap(({ dashboards = [] }) => dashboards)) {
    expect([...documented.keys()], dashboard.title).toContain(dashboard.uid);
  }
  for (const { rows } of documented.values()) {
    for (const panel of rows.flatMap(({ panels }) => panels)) {
      expect(markdown).toContain(`| ${panel.title} | ${panel.kind} |`);
    }
  }
});

it("leads only to files that exist", () => {
  const links = [...markdown.matchAll(/\]\(((?:\.\.?\/)?[\w./-]+\.\w+)\)/g)].map(([, link]) => link ?? "");
  expect(links.length).toBeGreaterThan(10);
  expect([...new Set(links)].filter((link) => !fs.existsSync(path.join(ROOT, "docs", link)))).toEqual([]);
});
