//! Uploads and downloads in chunks, with their limits.
#![allow(clippy::unwrap_used)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use support::{Server, serve};

const SMALL: [(&str, &str); 4] = [
    ("FILES_CHUNK_BYTES", "1024"),
    ("FILES_FILE_BYTES", "4096"),
    ("FILES_ACCOUNT_BYTES", "6000"),
    ("FILES_STORE_BYTES", "8000"),
];

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 31 % 251) as u8).collect()
}

async fn begin(server: &Server, token: &str, size: usize) -> String {
    let begun = server.post("/api/v1/files", token, json!({ "name": "a", "size": size })).await.json();
    format!("/api/v1/files/{}", begun["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_file_comes_back_as_it_went_from_memory_and_from_disk() {
    let folder = std::env::temp_dir().join(format!("files-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let folder_name = folder.to_str().unwrap().to_owned();
    for more in [vec![], vec![("FILES_DATA_DIR", folder_name.as_str())]] {
        let server = serve(&[SMALL.to_vec(), more.clone()].concat()).await;
        let token = server.register("ada").await;
        let sent = content(2500);
        let path = server.upload(&token, &sent).await;

        let shown = server.get(&path, &token).await.json();
        assert_eq!(shown["chunks"], 3);
        assert_eq!(shown["complete"], true);
        assert_eq!(server.get(&format!("{path}/content"), &token).await.body, sent);
        assert_eq!(server.get(&format!("{path}/chunks/2"), &token).await.body, sent[2048..]);
        assert_eq!(server.get(&format!("{path}/chunks/3"), &token).await.code(), "chunk_not_found");
        if !more.is_empty() {
            assert_eq!(std::fs::read_dir(folder.join("chunks")).unwrap().count(), 1);
        }
        assert_eq!(server.delete(&path, &token).await.status, StatusCode::NO_CONTENT);
        assert_eq!(server.get(&path, &token).await.code(), "file_not_found");
        if !more.is_empty() {
            assert_eq!(std::fs::read_dir(folder.join("chunks")).unwrap().count(), 0);
        }

        assert_eq!(server.metric("file_uploads_total", 1.0).await, 1.0);
        assert_eq!(server.metric("file_upload_bytes_total", 2500.0).await, 2500.0);
        assert_eq!(server.metric("file_downloads_total", 1.0).await, 1.0);
        assert_eq!(server.metric("chunk_upload_duration_seconds_count", 3.0).await, 3.0);
        assert_eq!(server.metric("chunk_download_duration_seconds_count", 4.0).await, 4.0);
        let operations = |name| format!("s3_operation_duration_seconds_count{{operation=\"{name}\"}}");
        assert_eq!(server.metric(&operations("PutObject"), 3.0).await, 3.0);
        assert_eq!(server.metric(&operations("GetObject"), 4.0).await, 4.0);
        assert_eq!(server.metric(&operations("DeleteObject"), 3.0).await, 3.0);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let server = serve(&[]).await;
    let token = server.register("ada").await;
    let path = server.upload(&token, b"").await;
    let answer = server.get(&format!("{path}/content"), &token).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(server.metric("file_downloads_total", 1.0).await, 1.0);
}

#[tokio::test]
async fn chunks_have_their_size_and_their_digest() {
    let server = serve(&SMALL).await;
    let token = server.register("ada").await;
    let path = begin(&server, &token, 1500).await;

    let short = server.put(&format!("{path}/chunks/0"), &token, content(1000)).await;
    assert_eq!((short.status, short.code()), (StatusCode::UNPROCESSABLE_ENTITY, "wrong_chunk_size".into()));
    assert!(short.text().contains("Chunk 0 has 1000 bytes; it must have 1024."), "{}", short.text());
    let long = server.put(&format!("{path}/chunks/1"), &token, content(477)).await;
    assert_eq!((long.status, long.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".into()));
    assert_eq!(server.put(&format!("{path}/chunks/2"), &token, content(10)).await.code(), "chunk_not_found");
    assert_eq!(server.put(&format!("{path}/chunks/x"), &token, content(10)).await.code(), "invalid_path");

    let sent = content(1024);
    for (digest, status) in [
        (files::tokens::hex(&files::tokens::sha256(b"other")), StatusCode::UNPROCESSABLE_ENTITY),
        ("no digest".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
        (files::tokens::hex(&files::tokens::sha256(&sent)), StatusCode::NO_CONTENT),
    ] {
        let request = Request::builder()
            .method(Method::PUT)
            .uri(format!("http://{}{path}/chunks/0", server.address))
            .header("authorization", format!("Bearer {token}"))
            .header("x-chunk-sha256", digest)
            .body(Body::from(sent.clone()))
            .unwrap();
        assert_eq!(server.send(request).await.status, status);
    }
}

#[tokio::test]
async fn an_upload_is_a_file_when_nothing_is_missing_and_then_stays_so() {
    let server = serve(&SMALL).await;
    let token = server.register("ada").await;
    let path = begin(&server, &token, 2000).await;
    server.put(&format!("{path}/chunks/1"), &token, content(976)).await;

    let early = server.post(&format!("{path}/complete"), &token, json!(null)).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "chunks_missing".into()));
    assert!(early.text().contains("1 of 2 chunks are missing, the first is 0."));
    assert_eq!(server.get(&format!("{path}/content"), &token).await.code(), "not_complete");
    assert_eq!(server.post(&format!("{path}/links"), &token, json!(null)).await.code(), "not_complete");

    // sent twice, the second time otherwise: that one counts
    server.put(&format!("{path}/chunks/0"), &token, vec![1; 1024]).await;
    server.put(&format!("{path}/chunks/0"), &token, vec![2; 1024]).await;
    assert_eq!(server.post(&format!("{path}/complete"), &token, json!(null)).await.status, StatusCode::OK);
    let whole = server.get(&format!("{path}/content"), &token).await.body;
    assert_eq!(whole, [vec![2; 1024], content(976)].concat());

    let late = server.put(&format!("{path}/chunks/0"), &token, vec![3; 1024]).await;
    assert_eq!((late.status, late.code()), (StatusCode::CONFLICT, "already_complete".into()));
    assert_eq!(server.get(&format!("{path}/content"), &token).await.body, whole);
    assert_eq!(server.post(&format!("{path}/complete"), &token, json!(null)).await.code(), "already_complete");
}

#[tokio::test]
async fn nobody_takes_more_than_there_is_for_them() {
    let server = serve(&SMALL).await;
    let (ada, bob) = (server.register("ada").await, server.register("bob").await);
    let begun = async |token: &str, size: u64| {
        let answer = server.post("/api/v1/files", token, json!({ "name": "a", "size": size })).await;
        (answer.status, answer.code())
    };
    assert_eq!(begun(&ada, 4097).await, (StatusCode::PAYLOAD_TOO_LARGE, "file_too_large".into()));
    assert_eq!(begun(&ada, u64::MAX).await.1, "file_too_large");
    let first = server.upload(&ada, &content(4000)).await;
    assert_eq!(begun(&ada, 2001).await, (StatusCode::FORBIDDEN, "quota_exceeded".into()));
    assert_eq!(begun(&ada, 2000).await.0, StatusCode::CREATED);
    assert_eq!(begun(&bob, 2001).await, (StatusCode::INSUFFICIENT_STORAGE, "store_full".into()));
    // what is deleted makes room
    server.delete(&first, &ada).await;
    assert_eq!(begun(&bob, 2001).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_file_is_its_owners_and_theirs_that_have_its_link() {
    let server = serve(&[]).await;
    let (ada, bob) = (server.register("ada").await, server.register("bob").await);
    let path = server.upload(&ada, b"secret plans").await;
    for path in [path.clone(), format!("{path}/content"), format!("{path}/chunks/0")] {
        assert_eq!(server.get(&path, &bob).await.code(), "file_not_found", "{path}");
    }
    assert_eq!(server.delete(&path, &bob).await.code(), "file_not_found");
    assert_eq!(server.put(&format!("{path}/chunks/0"), &bob, vec![0; 12]).await.code(), "file_not_found");

    let shared = server.post(&format!("{path}/links"), &ada, json!(null)).await;
    assert_eq!(shared.status, StatusCode::CREATED);
    let link = shared.json()["path"].as_str().unwrap().to_owned();
    assert_eq!(server.get(&link, "").await.body, b"secret plans");
    server.delete(&path, &ada).await;
    assert_eq!(server.get(&link, "").await.code(), "link_not_found");
}

#[tokio::test]
async fn files_are_listed_page_by_page() {
    let server = serve(&[]).await;
    let token = server.register("ada").await;
    for size in 1..=3 {
        server.upload(&token, &content(size)).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/api/v1/files?limit=2&after={after}"), &token).await.json();
        seen.extend(page["files"].as_array().unwrap().iter().map(|file| file["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = next.to_owned();
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
    assert_eq!(server.get("/api/v1/files?limit=0", &token).await.code(), "invalid_limit");
    assert_eq!(server.get("/api/v1/files?limit=many", &token).await.code(), "invalid_query");
    let bad = server.post("/api/v1/files", &token, json!({ "name": "../etc/passwd", "size": 1 })).await;
    assert_eq!(bad.code(), "invalid_name");
}
