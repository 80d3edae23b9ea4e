import { ALERTMANAGER_CASES } from "./alertmanager";
import { APP_CASES } from "./app";
import type { AlertCase } from "./case";
import { FILES_CASES } from "./files";
import { GRAFANA_CASES } from "./grafana";
import { KAFKA_CASES } from "./kafka";
import { KUBELET_CASES } from "./kubelet";
import { KUBERNETES_CASES } from "./kubernetes";
import { MARKET_CASES } from "./market";
import { NODE_CASES } from "./node";
import { POSTGRES_CASES } from "./postgres";
import { PROMETHEUS_CASES } from "./prometheus";
import { REDIS_CASES } from "./redis";
import { TIMESCALEDB_BACKUP_CASES } from "./timescaledb-backup";
import { TIMESCALEDB_FIGURES_CASES } from "./timescaledb-figures";

/** Of every alert that components bring. */
export const CASES: readonly AlertCase[] = [
  ...ALERTMANAGER_CASES,
  ...APP_CASES,
  ...FILES_CASES,
  ...GRAFANA_CASES,
  ...KAFKA_CASES,
  ...KUBELET_CASES,
  ...KUBERNETES_CASES,
  ...MARKET_CASES,
  ...NODE_CASES,
  ...POSTGRES_CASES,
  ...PROMETHEUS_CASES,
  ...REDIS_CASES,
  ...TIMESCALEDB_BACKUP_CASES,
  ...TIMESCALEDB_FIGURES_CASES,
];
