import { App, DjangoApp } from "../../components/app";
import type { Blueprint } from "../../components/core/blueprint";
import type { Connection } from "../../components/target/connection";
import { marketFeedAlerts, marketSinkAlerts } from "../../stacks/crypto-viz-alerts";
import { filesAlerts } from "../../stacks/gauzian-alerts";
import { FILES_DETAILS, FILES_OVERVIEW, filesHighlights } from "../../stacks/gauzian-dashboards";

const image = { reference: "datastack.local/market:1.0", user: { uid: 10001, gid: 10001 } } as const;

/** A database that somebody else runs (TEST-NET-1): nothing of the stack has to be there for it. */
const DATABASE: Connection = {
  id: "managed-database",
  kind: "postgres",
  port: 5432,
  peer: { cidrs: ["192.0.2.10/32"] },
  host: "db.example.com",
  endpoints: ["db.example.com:5432"],
  database: "market",
  credentials: { market: { user: "market", password: "not a secret" } },
};

/** An app of each kind, with every alert that there is: a Django project, and two workers with alerts of their own. */
export function addApps(blueprint: Blueprint): void {
  blueprint.add(DjangoApp, "market-api", {
    image,
    wsgi: "market.wsgi",
    http: { health: "/api/v1/health/", expectsTraffic: true },
    uses: { database: { connection: DATABASE } },
  });
  blueprint.add(App, "market-feed", {
    image,
    metrics: { port: 9400 },
    monitoring: { alerts: marketFeedAlerts("market-feed") },
  });
  blueprint.add(App, "market-sink", {
    image,
    metrics: { port: 9401 },
    monitoring: { alerts: marketSinkAlerts("market-sink") },
  });
  blueprint.add(App, "files", {
    image,
    http: { port: 8080, health: "/readyz" },
    metrics: {},
    monitoring: {
      alerts: filesAlerts("files"),
      dashboards: [FILES_OVERVIEW, FILES_DETAILS],
      highlights: filesHighlights("files"),
    },
  });
}
