//! The names and labels that dashboards and alerts rest on.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use support::{Server, serve};

/// Labels by metric, and the values of one label of one metric.
async fn page(server: &Server) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let text = server.get("/metrics", "").await.text();
    let (mut labels, mut endpoints) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("process_")) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, rest) = series.split_once('{').unwrap_or((series, ""));
        let names: Vec<&str> = rest.split("\",").filter_map(|label| Some(label.split_once('=')?.0)).collect();
        labels.insert(name.to_owned(), names.join(","));
        let endpoint = rest.split_once("endpoint=\"").and_then(|(_, tail)| tail.split_once('"'));
        endpoints.extend(endpoint.map(|(value, _)| value.to_owned()));
    }
    (labels, endpoints)
}

#[tokio::test]
async fn there_are_exactly_thirteen_with_these_labels() {
    let server = serve(&[]).await;
    let token = server.register("ada").await;
    server.upload(&token, b"content").await;
    server.metric("file_uploads_total", 1.0).await;
    let (labels, _) = page(&server).await;
    let mut expected = BTreeMap::new();
    for (name, names) in [
        ("http_requests_total", "endpoint,method,status"),
        ("http_connections_active", ""),
        ("file_uploads_total", ""),
        ("file_downloads_total", ""),
        ("file_upload_bytes_total", ""),
        ("auth_attempts_total", "status,type"),
        ("redis_operations_total", "operation,status"),
        ("db_queries_total", "query_type"),
    ] {
        expected.insert(name.to_owned(), names.to_owned());
    }
    for (name, names) in [
        ("http_request_duration_seconds", "endpoint,method"),
        ("chunk_upload_duration_seconds", ""),
        ("chunk_download_duration_seconds", ""),
        ("s3_operation_duration_seconds", "operation"),
        ("db_query_duration_seconds", "query_type"),
    ] {
        let bucket: Vec<&str> = names.split(',').filter(|name| !name.is_empty()).chain(["le"]).collect();
        expected.insert(format!("{name}_bucket"), bucket.join(","));
        expected.insert(format!("{name}_sum"), names.to_owned());
        expected.insert(format!("{name}_count"), names.to_owned());
    }
    assert_eq!(labels, expected);
}

#[tokio::test]
async fn paths_are_counted_by_their_template() {
    let server = serve(&[]).await;
    for path in
        ["/api/v1/files/1", "/api/v1/files/2", "/api/v1/links/secret/content", "/wp-login.php", "/.env?x=1", "/"]
    {
        server.get(path, "").await;
    }
    server.ask(Method::from_bytes(b"BREW").unwrap(), "/api/v1/files", "", Body::empty()).await;
    assert_eq!(server.metric(r#"http_requests_total{endpoint="unknown",method="GET",status="404"}"#, 3.0).await, 3.0);
    assert_eq!(
        server.metric(r#"http_requests_total{endpoint="/api/v1/files/{id}",method="GET",status="401"}"#, 2.0).await,
        2.0
    );
    assert_eq!(
        server.metric(r#"http_requests_total{endpoint="/api/v1/files",method="OTHER",status="405"}"#, 1.0).await,
        1.0
    );
    let (_, endpoints) = page(&server).await;
    let expected = ["/api/v1/files", "/api/v1/files/{id}", "/api/v1/links/{token}/content", "unknown"];
    assert_eq!(endpoints, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn load_reaches_every_route_at_its_rate_with_its_share_of_failures() {
    let server = serve(&[("FILES_LOAD_RATE", "200"), ("FILES_LOAD_FAILURES", "0.1")]).await;
    let start = Instant::now();
    let deletes = r#"http_requests_total{endpoint="/api/v1/files/{id}",method="DELETE",status="204"}"#;
    // the last thing that a visitor does for the first time, after four logins: soon, but on a busy machine
    while server.metric(deletes, 1.0).await == 0.0 && start.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (text, seconds) = (server.get("/metrics", "").await.text(), start.elapsed().as_secs_f64());
    let sum = |wanted: &[&str]| -> f64 {
        let lines = text.lines().filter(|line| wanted.iter().all(|part| line.contains(part)));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
    };
    let all = sum(&["http_requests_total{"]);
    assert!(all > 50.0, "{all} requests in {seconds} s");
    assert!(all <= 200.0 * seconds + 10.0, "{all} requests in {seconds} s");
    let wrong = sum(&["http_requests_total{", "endpoint=\"/api/v1/sessions\"", "status=\"401\""]);
    let missing = sum(&["http_requests_total{", "status=\"404\""]);
    let good = sum(&["http_requests_total{", "status=\"20"]);
    assert!(wrong >= 0.03 * all && wrong <= 0.06 * all, "{wrong} of {all}");
    assert!(missing >= 0.03 * all && missing <= 0.06 * all, "{missing} of {all}");
    // no answer that was not meant
    assert_eq!(good + wrong + missing, all, "{text}");
    let (_, endpoints) = page(&server).await;
    assert_eq!(endpoints.len(), 10, "{endpoints:?}");
    assert!(server.metric("http_connections_active", 1.0).await >= 1.0);
}

#[tokio::test]
async fn load_goes_by_small_limits_too() {
    let small = [
        ("FILES_CHUNK_BYTES", "1024"),
        ("FILES_FILE_BYTES", "4096"),
        ("FILES_ACCOUNT_BYTES", "8192"),
        ("FILES_STORE_BYTES", "16384"),
    ];
    let server = serve(&[&small[..], &[("FILES_LOAD_RATE", "200"), ("FILES_LOAD_FAILURES", "0")]].concat()).await;
    let begun = r#"http_requests_total{endpoint="/api/v1/files",method="POST",status="201"}"#;
    let start = Instant::now();
    while server.metric(begun, 30.0).await < 30.0 && start.elapsed() < Duration::from_secs(120) {}
    let text = server.get("/metrics", "").await.text();
    let bad = text.lines().filter(|line| line.starts_with("http_requests_total") && !line.contains("status=\"20"));
    assert_eq!(bad.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test]
async fn readiness_tells_of_the_store() {
    let folder = std::env::temp_dir().join(format!("files-ready-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let server = serve(&[("FILES_DATA_DIR", folder.to_str().unwrap())]).await;
    assert_eq!(server.get("/readyz", "").await.status, StatusCode::OK);
    std::fs::remove_dir_all(&folder).unwrap();
    let answer = server.get("/readyz", "").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable".into()));
    assert_eq!(server.get("/healthz", "").await.status, StatusCode::OK);
}
