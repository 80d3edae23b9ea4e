import * as fs from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { hasRunbook, RUNBOOKS, RUNBOOKS_FOLDER } from "../../components/monitoring/runbooks";
import { alerts, KUBELET_JOBS, monitoredBoth } from "../support/monitored";
import { type PromQL, promql } from "../support/promql";
import { conditional, recordedScrapes } from "../support/scrapes";

const folder = path.resolve(__dirname, "../..", RUNBOOKS_FOLDER);
const pages = fs
  .readdirSync(folder)
  .filter((file) => file !== "README.md")
  .map((file) => path.basename(file, ".md"))
  .sort();
const collected = monitoredBoth();
const targets = [...collected.docker.collected.targets, ...collected.kubernetes.collected.targets];
const known = new Set([
  ...recordedScrapes(targets, KUBELET_JOBS).keys(),
  ...collected.groups.flatMap((group) => (group.recordings ?? []).map((r) => r.record)),
  ...Object.keys(conditional().notRecorded),
  // Prometheus writes these itself.
  "ALERTS",
  "scrape_samples_scraped",
]);
let parsed: PromQL;

beforeAll(async () => {
  parsed = await promql();
});

describe("the list of runbooks", () => {
  it("is the folder", () => {
    expect(RUNBOOKS).toEqual(pages);
  });

  it("has a page for each alert, and no page without one", () => {
    const names = alerts(collected).map((alert) => alert.name);
    expect(names.filter((name) => !hasRunbook(name))).toEqual([]);
    expect(pages.filter((page) => !names.includes(page))).toEqual([]);
  });
});

describe.each(pages)("%s", (page) => {
  const text = fs.readFileSync(path.join(folder, `${page}.md`), "utf8");

  it("says what it means, why, how to find out and what to do", () => {
    const headings = text.split("\n").filter((line) => line.startsWith("#"));
    expect(headings).toEqual([`# ${page}`, "## What it means", "## Likely causes", "## Diagnosis", "## Remedies"]);
    for (const section of text.split(/^## .*$/m).slice(1)) expect(section.trim()).not.toBe("");
  });

  it("has numbered steps, with a query and with commands for the targets that it fires on", () => {
    const numbers = [...text.matchAll(/^(\d+)\. /gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(2);
    expect(text.includes("# Docker")).toBe(!collected.clusterOnly.has(page));
    expect(text).toContain("# Kubernetes");
    expect(queries(text).length).toBeGreaterThan(0);
  });

  it("queries in PromQL, and only metrics that there are", () => {
    for (const query of queries(text)) {
      expect(parsed.syntaxErrors(query)).toEqual([]);
      const metrics = parsed.selectors(query).map((selector) => selector.metric);
      expect(metrics.filter((metric) => metric !== "" && !known.has(metric))).toEqual([]);
    }
  });

  it("links to pages that there are", () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.filter((link) => !fs.existsSync(path.join(folder, link.replace(/#.*$/, ""))))).toEqual([]);
  });
});

function queries(text: string): string[] {
  const blocks = [...text.matchAll(/```promql\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  return blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
