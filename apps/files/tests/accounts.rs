//! Registration, login, tokens.
#![allow(clippy::unwrap_used)]

mod support;

use axum::http::StatusCode;
use serde_json::json;
use support::{PASSWORD, serve};

#[tokio::test]
async fn an_account_is_registered_once_and_opens_sessions() {
    let server = serve(&[]).await;
    let token = server.register("ada").await;
    assert_eq!(server.get("/api/v1/files", &token).await.status, StatusCode::OK);

    let again = server.post("/api/v1/accounts", "", json!({ "name": "ada", "password": PASSWORD })).await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "name_taken".into()));

    let login = server.post("/api/v1/sessions", "", json!({ "name": "ada", "password": PASSWORD })).await;
    assert_eq!(login.status, StatusCode::CREATED);
    assert_eq!(login.json()["expiresIn"], 3600);
    let second = login.json()["token"].as_str().unwrap().to_owned();
    assert_ne!(second, token);

    assert_eq!(server.delete("/api/v1/sessions/current", &token).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get("/api/v1/files", &token).await.code(), "token_refused");
    assert_eq!(server.get("/api/v1/files", &second).await.status, StatusCode::OK);

    assert_eq!(server.metric(r#"auth_attempts_total{status="success",type="register"}"#, 1.0).await, 1.0);
    assert_eq!(server.metric(r#"auth_attempts_total{status="failure",type="register"}"#, 1.0).await, 1.0);
    assert_eq!(server.metric(r#"auth_attempts_total{status="success",type="login"}"#, 1.0).await, 1.0);
    assert_eq!(server.metric(r#"auth_attempts_total{status="success",type="token"}"#, 3.0).await, 3.0);
    assert_eq!(server.metric(r#"auth_attempts_total{status="failure",type="token"}"#, 1.0).await, 1.0);
}

#[tokio::test]
async fn who_does_not_know_the_password_learns_nothing() {
    let server = serve(&[]).await;
    server.register("ada").await;
    let mut answers = Vec::new();
    for (name, password) in [("ada", "wrong horse battery"), ("nobody", PASSWORD), ("ada", "short")] {
        let answer = server.post("/api/v1/sessions", "", json!({ "name": name, "password": password })).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answers.push(answer.text());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(server.metric(r#"auth_attempts_total{status="failure",type="login"}"#, 3.0).await, 3.0);
}

#[tokio::test]
async fn what_is_no_account_is_refused_with_the_rule() {
    let server = serve(&[]).await;
    let cases = [
        (json!({ "name": "Ada", "password": PASSWORD }), "invalid_name"),
        (json!({ "name": "ad", "password": PASSWORD }), "invalid_name"),
        (json!({ "name": "../ada", "password": PASSWORD }), "invalid_name"),
        (json!({ "name": "ada", "password": "too short" }), "invalid_password"),
        (json!({ "name": "ada" }), "invalid_json"),
        (json!({ "name": "ada", "password": PASSWORD, "admin": true }), "invalid_json"),
    ];
    for (body, code) in cases {
        let answer = server.post("/api/v1/accounts", "", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, code.into()), "{body}");
    }
    let long = json!({ "name": "ada", "password": "x".repeat(20_000) });
    let answer = server.post("/api/v1/accounts", "", long).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large".into()));
}

#[tokio::test]
async fn an_account_takes_its_files_and_sessions_with_it() {
    let server = serve(&[]).await;
    let token = server.register("ada").await;
    let path = server.upload(&token, b"content").await;
    let link =
        server.post(&format!("{path}/links"), &token, json!(null)).await.json()["path"].as_str().unwrap().to_owned();
    let login = server.post("/api/v1/sessions", "", json!({ "name": "ada", "password": PASSWORD })).await;
    let other = login.json()["token"].as_str().unwrap().to_owned();

    assert_eq!(server.delete("/api/v1/accounts/me", &token).await.status, StatusCode::NO_CONTENT);
    assert_eq!(server.get(&path, &token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.get(&path, &other).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.get(&link, "").await.code(), "link_not_found");
    // the name is free again
    server.register("ada").await;
}

#[tokio::test]
async fn without_a_token_nothing_is_shown() {
    let server = serve(&[]).await;
    let answer = server.get("/api/v1/files", "").await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_missing".into()));
    assert_eq!(server.get("/api/v1/files", "made-up").await.code(), "token_refused");
}
