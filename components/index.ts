// What `import … from "datastack"` offers.

export * from "./alertmanager";
export * from "./app";
export { Blueprint, type Declared } from "./core/blueprint";
export { type ComponentArgs, type ComponentClass, deploy } from "./core/component";
export {
  type Image,
  type ImageCatalogue,
  type ImageName,
  type ImageOverrides,
  imageCatalogue,
} from "./core/images";
export { formatProblems, type Problem, ProblemsError, refuse, under } from "./core/problems";
export {
  type GeneratedSecret,
  type SecretContent,
  type SecretText,
  type SecretValue,
  secretText,
} from "./core/secrets";
export type { Duration, Size } from "./core/units";
export * from "./exporters";
export * from "./gateway";
export { Grafana, type GrafanaArgs, type GrafanaBackup, grafanaFiles, grafanaNote } from "./grafana";
export * from "./kafka";
export { type AlertDefinition, type AlertDefinitions, alertRules } from "./monitoring/alert";
export type { Dashboard, Panel } from "./monitoring/dashboard";
export * as dashboards from "./monitoring/dashboards";
export type { ExternalTarget, KubeletMetrics } from "./monitoring/external";
export type { LabelMatcher, LabelMatchers } from "./monitoring/labels";
export type { Alert, AlertTuning, Monitoring, Recording, RuleGroup, Severity } from "./monitoring/monitoring";
export * as promql from "./monitoring/promql";
export type { ScrapeTarget } from "./monitoring/scrape";
export { Prometheus, type PrometheusArgs } from "./prometheus";
export * from "./redis";
export type { Connection, Credentials, Peer } from "./target/connection";
export * from "./target/docker";
export { KubernetesTarget, type KubernetesTargetArgs } from "./target/kubernetes";
export type { Rotations, SecretStore } from "./target/secret-store";
export type { Deployed, Placement, ScrapeConfig, Target, Transform, Transforms } from "./target/target";
export * from "./target/workload";
export * from "./timescaledb";
