//! What the service counts and times, under the names that its dashboards and alerts know.

use std::time::Instant;

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// Bounds of every histogram, in seconds: from an answer out of memory to a client that has long given up.
pub const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Kinds of authentication: a new account, a password, the token of a session.
pub const AUTH_TYPES: [&str; 3] = ["register", "login", "token"];
/// Operations of the object store, as S3 calls them.
pub const S3_OPERATIONS: [&str; 4] = ["PutObject", "GetObject", "DeleteObject", "HeadBucket"];
/// Operations of the session store, as Redis calls them.
pub const REDIS_OPERATIONS: [&str; 4] = ["get", "set", "del", "ping"];
/// Kinds of queries.
pub const QUERY_TYPES: [&str; 4] = ["select", "insert", "update", "delete"];
const STATUSES: [&str; 2] = ["success", "failure"];

/// All metrics of the service, and of its process.
pub struct Metrics {
    registry: Registry,
    /// Answered requests, by the template of their route.
    pub http_requests: IntCounterVec,
    /// From the request's head to the end of the answer's body.
    pub http_duration: HistogramVec,
    /// Open connections.
    pub http_connections: IntGauge,
    /// Files that were completed.
    pub file_uploads: IntCounter,
    /// Files that were sent whole.
    pub file_downloads: IntCounter,
    /// Bytes of chunks that were stored.
    pub file_upload_bytes: IntCounter,
    /// From the chunk's first byte to its being stored.
    pub chunk_upload: Histogram,
    /// From asking for a chunk to its having been handed to the connection.
    pub chunk_download: Histogram,
    auth_attempts: IntCounterVec,
    s3_duration: HistogramVec,
    redis_operations: IntCounterVec,
    db_queries: IntCounterVec,
    db_duration: HistogramVec,
}

impl Metrics {
    /// Fresh ones, in a registry of their own. Label values that are known beforehand begin at 0, so that rates begin with them.
    pub fn new() -> prometheus::Result<Self> {
        let metrics = Self {
            http_requests: IntCounterVec::new(
                Opts::new("http_requests_total", "Answered requests, by the template of their route."),
                &["method", "endpoint", "status"],
            )?,
            http_duration: histograms(
                "http_request_duration_seconds",
                "Seconds from a request's head to the end of its answer.",
                &["method", "endpoint"],
            )?,
            http_connections: IntGauge::new("http_connections_active", "Open HTTP connections.")?,
            file_uploads: IntCounter::new("file_uploads_total", "Files whose upload was completed.")?,
            file_downloads: IntCounter::new("file_downloads_total", "Files that were sent whole.")?,
            file_upload_bytes: IntCounter::new("file_upload_bytes_total", "Bytes of chunks that were stored.")?,
            chunk_upload: Histogram::with_opts(timed(
                "chunk_upload_duration_seconds",
                "Seconds to receive and store a chunk.",
            ))?,
            chunk_download: Histogram::with_opts(timed(
                "chunk_download_duration_seconds",
                "Seconds to read a chunk and hand it to the connection.",
            ))?,
            auth_attempts: IntCounterVec::new(
                Opts::new("auth_attempts_total", "Registrations, logins and tokens that were presented."),
                &["type", "status"],
            )?,
            s3_duration: histograms(
                "s3_operation_duration_seconds",
                "Seconds of an operation of the object store.",
                &["operation"],
            )?,
            redis_operations: IntCounterVec::new(
                Opts::new("redis_operations_total", "Operations of the session store."),
                &["operation", "status"],
            )?,
            db_queries: IntCounterVec::new(Opts::new("db_queries_total", "Queries of the database."), &["query_type"])?,
            db_duration: histograms(
                "db_query_duration_seconds",
                "Seconds of a query of the database.",
                &["query_type"],
            )?,
            registry: Registry::new(),
        };
        metrics.register()?;
        metrics.begin();
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        let registry = &self.registry;
        registry.register(Box::new(self.http_requests.clone()))?;
        registry.register(Box::new(self.http_duration.clone()))?;
        registry.register(Box::new(self.http_connections.clone()))?;
        registry.register(Box::new(self.file_uploads.clone()))?;
        registry.register(Box::new(self.file_downloads.clone()))?;
        registry.register(Box::new(self.file_upload_bytes.clone()))?;
        registry.register(Box::new(self.chunk_upload.clone()))?;
        registry.register(Box::new(self.chunk_download.clone()))?;
        registry.register(Box::new(self.auth_attempts.clone()))?;
        registry.register(Box::new(self.s3_duration.clone()))?;
        registry.register(Box::new(self.redis_operations.clone()))?;
        registry.register(Box::new(self.db_queries.clone()))?;
        registry.register(Box::new(self.db_duration.clone()))?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(())
    }

    fn begin(&self) {
        for status in STATUSES {
            for kind in AUTH_TYPES {
                self.auth_attempts.with_label_values(&[kind, status]);
            }
            for operation in REDIS_OPERATIONS {
                self.redis_operations.with_label_values(&[operation, status]);
            }
        }
        for operation in S3_OPERATIONS {
            self.s3_duration.with_label_values(&[operation]);
        }
        for query in QUERY_TYPES {
            self.db_queries.with_label_values(&[query]);
            self.db_duration.with_label_values(&[query]);
        }
    }

    /// Counts an attempt to authenticate.
    pub fn auth(&self, kind: &str, success: bool) {
        self.auth_attempts.with_label_values(&[kind, status(success)]).inc();
    }

    /// Counts an operation of the session store.
    pub fn redis(&self, operation: &str, success: bool) {
        self.redis_operations.with_label_values(&[operation, status(success)]).inc();
    }

    /// Counts and times a query that began at `start`.
    pub fn query(&self, kind: &str, start: Instant) {
        self.db_queries.with_label_values(&[kind]).inc();
        self.db_duration.with_label_values(&[kind]).observe(start.elapsed().as_secs_f64());
    }

    /// Times an operation of the object store that began at `start`.
    pub fn s3(&self, operation: &str, start: Instant) {
        self.s3_duration.with_label_values(&[operation]).observe(start.elapsed().as_secs_f64());
    }

    /// Prometheus's text format.
    pub fn text(&self) -> prometheus::Result<String> {
        let mut page = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut page)?;
        Ok(String::from_utf8_lossy(&page).into_owned())
    }
}

fn status(success: bool) -> &'static str {
    if success { STATUSES[0] } else { STATUSES[1] }
}

fn timed(name: &str, help: &str) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(BUCKETS.to_vec())
}

fn histograms(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<HistogramVec> {
    HistogramVec::new(timed(name, help), labels)
}
