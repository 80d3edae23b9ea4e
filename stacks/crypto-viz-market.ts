import type { AppArgs, DjangoAppArgs } from "../components/app";
import type { ImageCatalogue } from "../components/core/images";
import type { Connection } from "../components/target/connection";
import type { StackConfig } from "./config";

import { marketFeedAlerts, marketSinkAlerts } from "./crypto-viz-alerts";
import { feedHighlights, MARKET_DASHBOARD, sinkHighlights } from "./crypto-viz-dashboards";
import type { HostPort } from "./publish";

/** What the market's processes are made from and connect to. */
export interface MarketArgs {
  readonly images: ImageCatalogue;
  readonly config: StackConfig;
  readonly kafka: Connection;
  /** Name of the job that makes the topics. */
  readonly topics: string;
  readonly database: Connection;
  /** Name of the job that makes the tables. */
  readonly schema: string;
  readonly redis: Connection;
  readonly publish: HostPort | undefined;
}

type Declared<Args extends { target: unknown }> = Omit<Args, "target">;

/** Synthetic market data for the four topics. */
export function feed({ images, config, kafka, topics }: MarketArgs): Declared<AppArgs> {
  return {
    image: images.market,
    command: ["python3", "-m", "market.feed"],
    settings: { FEED_RATE_TICKER: config.feedRate, FEED_RATE_TRADE: 2 * config.feedRate },
    uses: { kafka: { connection: kafka, client: { library: "librdkafka", role: "producer", settings: {} } } },
    after: [topics],
    metrics: { port: 9400 },
    ready: { http: { port: "metrics", path: "/healthz" } },
    resources: { cpu: 0.5, memory: "192Mi" },
    monitoring: {
      alerts: marketFeedAlerts("market-feed"),
      dashboards: [MARKET_DASHBOARD],
      highlights: feedHighlights("market-feed"),
    },
  };
}

/** The four topics into the hypertables, each message once. */
export function sink({ images, kafka, topics, database, schema }: MarketArgs): Declared<AppArgs> {
  return {
    image: images.market,
    command: ["python3", "-m", "market.sink"],
    uses: {
      kafka: {
        connection: kafka,
        client: { library: "librdkafka", role: "consumer", settings: { "group.id": "market-sink" } },
      },
      database: { connection: database, user: "market_sink" },
    },
    after: [topics, schema],
    metrics: { port: 9401 },
    ready: { http: { port: "metrics", path: "/healthz" } },
    resources: { cpu: 0.5, memory: "256Mi" },
    monitoring: {
      alerts: marketSinkAlerts("market-sink"),
      dashboards: [MARKET_DASHBOARD],
      highlights: sinkHighlights("market-sink"),
    },
  };
}

/** Prices for the world, and admin pages. */
export function api({ images, database, schema, redis, publish }: MarketArgs): Declared<DjangoAppArgs> {
  return {
    image: images.market,
    wsgi: "market.wsgi",
    http: { health: "/api/v1/health/", alive: "/api/v1/live/", ...(publish ? { publish } : {}) },
    // Its own logs in JSON, and tells of slow requests itself.
    workers: { config: "/app/gunicorn.conf.py" },
    static: "image",
    uses: { database: { connection: database, user: "market_api" }, redis: { connection: redis, user: "app" } },
    after: [schema],
    resources: { cpu: 1, memory: "512Mi" },
  };
}
