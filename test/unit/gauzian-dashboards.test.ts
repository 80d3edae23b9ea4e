import { describe, expect, it, type TestContext } from "vitest";
import { stringify } from "yaml";
import { panelQueries } from "../../components/monitoring/dashboard";
import { FILES_DETAILS, FILES_OVERVIEW } from "../../stacks/gauzian-dashboards";
import { findPromtool, promtool } from "../support/promtool";
import { series } from "./alerts/case";

const panels = FILES_OVERVIEW.rows.flatMap((row) => row.panels);
const FILES = { job: "files", instance: "files-0" };
const request = (endpoint: string, status: string, method = "GET") =>
  series("http_requests_total", { ...FILES, method, endpoint, status });
const login = (type: string, status: string) => series("auth_attempts_total", { ...FILES, type, status });
const duration = (endpoint: string, le: string) =>
  series("http_request_duration_seconds_bucket", { ...FILES, method: "GET", endpoint, le });

/** A minute's growth of each series. */
const TRAFFIC: Readonly<Record<string, string>> = {
  [request("/files", "200")]: "0+90x20",
  [request("/files", "404")]: "0+6x20",
  [request("/files", "302")]: "0+4x20",
  [request("/health", "200")]: "0+60x20",
  [request("/upload", "500", "POST")]: "0+30x20",
  // Nobody has asked for it for long.
  [request("/old", "200")]: "7x20",
  [duration("/files", "1")]: "0+100x20",
  [duration("/files", "2")]: "0+100x20",
  [duration("/files", "+Inf")]: "0+100x20",
  [duration("/upload", "1")]: "0x20",
  [duration("/upload", "2")]: "0+30x20",
  [duration("/upload", "+Inf")]: "0+30x20",
  [duration("/old", "1")]: "7x20",
  [duration("/old", "2")]: "7x20",
  [duration("/old", "+Inf")]: "7x20",
  [login("password", "success")]: "0+9x20",
  [login("password", "failure")]: "0+3x20",
  [login("token", "failure")]: "0+6x20",
  [series("file_uploads_total", FILES)]: "0+2x90",
  [series("file_upload_bytes_total", FILES)]: "0+120000000x90",
};

describe("the Overview", () => {
  it("has its fourteen panels, each in a unit", () => {
    expect(panels.map((panel) => [panel.title, panel.kind === "text" ? "" : panel.unit])).toEqual([
      ["Requests by method", "requests per second"],
      ["Active connections", "count"],
      ["Success rate", "ratio"],
      ["Response time", "milliseconds"],
      ["Errors by status", "requests per second"],
      ["Slowest endpoints", "milliseconds"],
      ["Uploads in 1 h", "count"],
      ["Downloads in 1 h", "count"],
      ["Bytes uploaded in 1 h", "bytes"],
      ["Chunk upload (p95)", "milliseconds"],
      ["Authentication attempts", "operations per second"],
      ["S3 duration (p95)", "milliseconds"],
      ["Redis operations", "operations per second"],
      ["Database duration (p95)", "milliseconds"],
    ]);
  });

  it("is red, yellow and green where its operators want it", () => {
    const limits = (title: string) => {
      const panel = panels.find((one) => one.title === title);
      return panel && "thresholds" in panel ? panel.thresholds : undefined;
    };
    expect(limits("Success rate")).toEqual({ bad: "below", warning: 0.99, critical: 0.95, warningColour: "yellow" });
    expect(limits("S3 duration (p95)")).toEqual({
      bad: "above",
      warning: 1000,
      critical: 3000,
      warningColour: "yellow",
    });
  });
});

describe("what panels show of known traffic", () => {
  it.for<[string, { labels: string; value: number }[]]>([
    // 150 of 190 a minute are 2xx.
    ["Success rate", [{ labels: "{}", value: 15 / 19 }]],
    [
      "Errors by status",
      [
        { labels: '{status="404"}', value: 0.1 },
        { labels: '{status="500"}', value: 0.5 },
      ],
    ],
    // Without the one that nobody asked.
    [
      "Slowest endpoints",
      [
        { labels: '{endpoint="/files"}', value: 950 },
        { labels: '{endpoint="/upload"}', value: 1950 },
      ],
    ],
    ["Uploads in 1 h", [{ labels: "{}", value: 120 }]],
    ["Upload rate", [{ labels: "{}", value: 2 }]],
    // An endpoint without errors is 0, and not missing.
    [
      "Error rate by endpoint",
      [
        { labels: '{endpoint="/files"}', value: 0.06 },
        { labels: '{endpoint="/health"}', value: 0 },
        { labels: '{endpoint="/upload"}', value: 1 },
      ],
    ],
    [
      "Successful authentications by type",
      [
        { labels: '{type="password"}', value: 0.75 },
        { labels: '{type="token"}', value: 0 },
      ],
    ],
  ])("%s", async ([title, samples], context) => {
    await evaluate(context, title, TRAFFIC, samples);
  });

  it("is nothing, and no false alarm, while nobody asks for anything", async (context) => {
    await evaluate(context, "Success rate", { [request("/files", "200")]: "7x20" }, []);
    await evaluate(context, "Success rate", { [request("/files", "500")]: "0+6x20" }, [{ labels: "{}", value: 0 }]);
  });
});

async function evaluate(
  context: TestContext,
  title: string,
  input: Readonly<Record<string, string>>,
  samples: readonly { labels: string; value: number }[],
): Promise<void> {
  const program = await findPromtool();
  if (!program && process.env.CI) throw new Error("promtool is neither on PATH nor built yet");
  context.skip(!program, "promtool is neither on PATH nor built yet; npm start builds it");
  const query = panelQueries([FILES_OVERVIEW, FILES_DETAILS]).find(({ panel }) => panel === title);
  const hour = title.endsWith("1 h") || title === "Upload rate";
  const test = {
    interval: "1m",
    input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
    promql_expr_test: [{ expr: query?.expr, eval_time: hour ? "80m" : "15m", exp_samples: samples }],
  };
  const file = stringify({ evaluation_interval: "1m", fuzzy_compare: true, tests: [test] });
  await promtool(program ?? "", { "test.yml": file }, ["test", "rules", "test.yml"]);
}
