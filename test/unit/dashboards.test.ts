import { beforeAll, describe, expect, it } from "vitest";
import {
  checkDashboards,
  collectDashboards,
  dashboardJson,
  overviewDashboard,
  panelQueries,
} from "../../components/monitoring/dashboard";
import { covers, LINT_RULES, lintDashboard, type PromQLReader } from "../../components/monitoring/dashboards/lint";
import { LINT_EXCLUSIONS } from "../../components/monitoring/dashboards/lint-exclusions";
import { DATASOURCE_REF } from "../../components/monitoring/dashboards/panels";
import {
  DASHBOARDS,
  FOREIGN,
  MONITORING,
  ONLY_PANELS,
  RULES,
  recordedCounters,
  recordedPages,
} from "../support/dashboards";
import { panelPromQL } from "../support/promql-panels";
import { conditional } from "../support/scrapes";

let promql: PromQLReader;
beforeAll(async () => {
  promql = await panelPromQL();
});

const scrapes = recordedPages();
const counters = recordedCounters();
const notRecorded = { ...conditional().notRecorded, ...ONLY_PANELS };

/** Labels that Prometheus gives to all that it scrapes. */
const GIVEN = new Set(["job", "instance"]);

/** What an expression asks for that nothing delivers. */
function missing(expr: string): string[] {
  return promql.uses(expr).flatMap(({ metric, matchers }) => {
    if (RULES.has(metric) || metric in notRecorded) return [];
    const labels = scrapes.get(metric);
    if (!labels) return [metric];
    return matchers
      .filter((matcher) => /^\w+=~?"[^"]/.test(matcher))
      .map((matcher) => matcher.split("=")[0] ?? "")
      .filter((label) => !GIVEN.has(label) && !labels.has(label))
      .map((label) => `${metric}{${label}}`);
  });
}

/** Counters whose value is shown instead of their growth. */
function raw(expr: string): string[] {
  return promql
    .uses(expr)
    .filter(
      ({ metric, inside = "" }) => counters.has(metric) && !["rate", "increase", "deriv", "changes"].includes(inside),
    )
    .map(({ metric }) => metric);
}

const queries = panelQueries(DASHBOARDS);

describe("every panel's query", () => {
  it.each(queries)("$dashboard: $panel $refId is PromQL and asks only for what the programs deliver", ({ expr }) => {
    expect(promql.syntaxErrors(expr)).toEqual([]);
    expect(promql.uses(expr).length).toBeGreaterThan(0);
    expect(missing(expr)).toEqual([]);
    expect(raw(expr)).toEqual([]);
    expect(expr).not.toMatch(/\$(?!\d)/);
  });

  it("is held against something: what does not exist, and counters as they stand, are found", () => {
    expect(missing('rate(kafka_nothing_total{job=~".+"}[5m])')).toEqual(["kafka_nothing_total"]);
    expect(missing('kafka_brokers{granted="f"}')).toEqual(["kafka_brokers{granted}"]);
    expect(raw("sum(kafka_network_requestmetrics_errors_total)")).toEqual([
      "kafka_network_requestmetrics_errors_total",
    ]);
    expect(raw("max_over_time(kafka_network_requestmetrics_errors_total[5m])")).not.toEqual([]);
    expect(raw("sum(rate(kafka_network_requestmetrics_errors_total[5m]))")).toEqual([]);
    expect(promql.syntaxErrors("sum(up")).not.toEqual([]);
  });
});

describe("what no page has", () => {
  it("is excepted only where that is true, and needed", () => {
    expect(Object.keys(ONLY_PANELS).filter((metric) => scrapes.has(metric))).toEqual([]);
    const used = new Set(queries.flatMap(({ expr }) => promql.uses(expr).map(({ metric }) => metric)));
    expect(Object.keys(ONLY_PANELS).filter((metric) => !used.has(metric))).toEqual([]);
  });
});

describe("every choice at the top", () => {
  const variables = DASHBOARDS.flatMap(({ uid, variables }) => variables.map((variable) => ({ uid, ...variable })));
  it.each(variables)("$uid: $name is among labels that exist", ({ values: { metric, label } }) => {
    const labels = scrapes.get(metric) ?? scrapes.get(`${metric}_bucket`);
    expect(labels, metric).toBeDefined();
    expect(GIVEN.has(label) || labels?.has(label), label).toBe(true);
  });
});

describe("every dashboard", () => {
  it("is valid beside the others", () => {
    expect(checkDashboards("dashboards", [...DASHBOARDS, ...FOREIGN])).toEqual([]);
  });

  it.each([...DASHBOARDS, ...FOREIGN])("$uid passes the linter's rules", (dashboard) => {
    expect(lintDashboard(dashboardJson(dashboard), promql)).toEqual([]);
  });

  it.each(LINT_EXCLUSIONS)("$rule is left out in $dashboard $panel only where it has to be", (exclusion) => {
    const found = DASHBOARDS.flatMap((dashboard) => lintDashboard(dashboardJson(dashboard), promql, []));
    expect(found.some((finding) => covers(exclusion, finding))).toBe(true);
    expect(exclusion.reason).toMatch(/\w{3}/);
  });

  it("belongs to a component that is shown in the overview, too", () => {
    const without = MONITORING.filter(
      ({ dashboards = [], highlights = [] }) => dashboards.length > 0 && highlights.length === 0,
    );
    expect(without.map(({ targets }) => targets[0]?.job)).toEqual([]);
  });
});

describe("the linter", () => {
  const good = JSON.stringify({
    uid: "a",
    editable: false,
    templating: {
      list: [
        { type: "datasource", name: "datasource", label: "Data source", query: "prometheus" },
        ...["job", "instance"].map((name) => ({
          type: "query",
          name,
          label: name,
          datasource: { uid: DATASOURCE_REF.uid },
          query: "label_values(up, job)",
          multi: true,
          allValue: ".+",
          refresh: 2,
        })),
      ],
    },
    panels: [
      {
        type: "timeseries",
        title: "a",
        description: "b",
        datasource: { uid: DATASOURCE_REF.uid },
        fieldConfig: { defaults: { unit: "s" } },
        targets: [
          {
            expr: 'sum(rate(a_total{job=~"$job",instance=~"$instance"}[$__rate_interval]))',
            datasource: DATASOURCE_REF,
          },
        ],
      },
    ],
  });
  const loki = '"type":"loki","uid"';
  const broken: Readonly<Record<(typeof LINT_RULES)[number], (json: string) => string>> = {
    "template-datasource": (json) => json.replace("Data source", "Source"),
    "template-job": (json) => json.replace('"allValue":".+"', '"allValue":".*"'),
    "template-instance": (json) => json.replace('"label":"instance"', '"label":"Host"'),
    "template-label-promql": (json) => json.replace("label_values(up, job)", "label_values(up{, job)"),
    "template-on-time-change-reload": (json) => json.replace('"refresh":2', '"refresh":1'),
    "panel-datasource": (json) =>
      json.replace(`"description":"b","datasource":{"uid":"${DATASOURCE_REF.uid}"}`, '"description":"b"'),
    "panel-title-description": (json) => json.replace('"description":"b"', '"description":" "'),
    "panel-units": (json) => json.replace('"unit":"s"', '"unit":"apples"'),
    "panel-no-targets": (json) => json.replace(/"targets":\[.*?\]\s*\}\]/, '"targets":[]}]'),
    "target-promql": (json) => json.replace("sum(rate", "sum((rate"),
    "target-logql": (json) => json.replace('"type":"prometheus","uid"', loki).replace(/\{job=~[^}]*\}\[[^\]]*\]/, ""),
    "target-logql-auto": (json) => json.replace('"type":"prometheus","uid"', loki),
    "target-rate-interval": (json) => json.replace("$__rate_interval", "5m"),
    "target-job": (json) => json.replace('job=~\\"$job\\",', ""),
    "target-instance": (json) => json.replace('instance=~\\"$instance\\"', 'instance=\\"a\\"'),
    "target-counter-agg": (json) => json.replace("sum(rate", "sum(max_over_time"),
    "uneditable-dashboard": (json) => json.replace('"editable":false', '"editable":true'),
  };

  it("has nothing to say about a good dashboard", () => {
    expect(lintDashboard(good, promql)).toEqual([]);
  });

  it.each(LINT_RULES)("finds what breaks %s", (rule) => {
    const json = broken[rule](good);
    expect(json).not.toBe(good);
    expect(lintDashboard(json, promql).map((finding) => finding.rule)).toEqual([rule]);
  });
});

describe("the overview", () => {
  const overview = overviewDashboard(MONITORING);
  const rows = new Map(overview.rows.map((row) => [row.title, row.panels]));

  it("has a row for each component that says what matters, about its own job, that leads to its dashboard", () => {
    for (const { targets, highlights = [], dashboards = [] } of MONITORING) {
      const job = targets[0]?.job;
      if (!job || highlights.length === 0) continue;
      const panels = (rows.get(job) ?? []).filter((panel) => panel.kind !== "text");
      expect(panels.length, job).toBe(highlights.length);
      expect(panels.map(({ leadsTo }) => leadsTo)).toEqual(panels.map(() => dashboards[0]?.uid));
      const others = panels
        .flatMap(({ queries }) => queries.flatMap(({ expr }) => promql.uses(expr)))
        .filter(({ matchers }) => !matchers.includes(`job="${job}"`));
      expect(others).toEqual([]);
    }
  });

  it("asks whether every job is up, and lists every dashboard", () => {
    const [up] = panelQueries([overview]);
    for (const job of MONITORING.flatMap(({ targets }) => targets.map((target) => target.job))) {
      expect(up?.expr).toMatch(new RegExp(`[|"]${job}[|"]`));
    }
    const text = JSON.stringify(rows.get("Dashboards"));
    for (const { uid } of collectDashboards(MONITORING)) expect(text).toContain(`(/d/${uid})`);
  });

  it("does not depend on the order of declaration", () => {
    expect(overviewDashboard([...MONITORING].reverse())).toEqual(overview);
  });
});
