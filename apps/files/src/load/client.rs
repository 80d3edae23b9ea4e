//! Requests of visitors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::Value;
use tokio::time::timeout;

use crate::logs;

/// Time for a whole request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer at most; the content of a visitor's file is far smaller.
const MOST: usize = 4 << 20;
/// An unexpected answer is logged when it is the first, the 101st and so on: one is as good as all.
const LOGGED: u64 = 100;

/// What was done since it was last told.
#[derive(Default)]
pub struct Tally {
    requests: AtomicU64,
    unexpected: AtomicU64,
    ever_unexpected: AtomicU64,
}

impl Tally {
    /// Requests, and how many of them were answered as they should not have been.
    pub fn take(&self) -> (u64, u64) {
        (self.requests.swap(0, Ordering::Relaxed), self.unexpected.swap(0, Ordering::Relaxed))
    }

    fn unexpected(&self, method: &Method, path: &str, what: &str) {
        self.unexpected.fetch_add(1, Ordering::Relaxed);
        if self.ever_unexpected.fetch_add(1, Ordering::Relaxed) % LOGGED != 0 {
            return;
        }
        // of the path only what it is about: links are secret
        let about: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && part.len() < 20).collect();
        let fields = [("method", method.as_str().into()), ("path", about.join("/").into()), ("answer", what.into())];
        logs::warning("files.load", "unexpected answer", &fields);
    }
}

/// What a visitor asks.
pub struct Ask<'a> {
    /// GET and the like.
    pub method: Method,
    /// With its first slash.
    pub path: &'a str,
    /// Of a session.
    pub token: Option<&'a str>,
    /// What is sent.
    pub body: Payload,
    /// The only status that is right.
    pub expect: StatusCode,
}

/// What is sent with a request.
pub enum Payload {
    /// Nothing.
    None,
    /// An object.
    Json(Value),
    /// A content.
    Bytes(Bytes),
}

/// Connections to the server.
#[derive(Clone)]
pub struct Client {
    pool: Pool<HttpConnector, Body>,
    base: String,
    tally: Arc<Tally>,
}

impl Client {
    /// For the server at `address`.
    pub fn new(address: SocketAddr, tally: Arc<Tally>) -> Self {
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // before the server closes them
            .pool_idle_timeout(Duration::from_secs(20))
            .build_http();
        Self { pool, base: format!("http://{address}"), tally }
    }

    /// The answer's body when the status is the expected one.
    pub async fn ask(&self, ask: Ask<'_>) -> Option<Bytes> {
        self.tally.requests.fetch_add(1, Ordering::Relaxed);
        let (method, path) = (ask.method.clone(), ask.path);
        match timeout(PATIENCE, self.send(ask)).await {
            Ok(Ok(body)) => return Some(body),
            Ok(Err(what)) => self.tally.unexpected(&method, path, &what),
            Err(_) => self.tally.unexpected(&method, path, "none in time"),
        }
        None
    }

    /// Notes that a download was not what had been uploaded.
    pub fn wrong_content(&self) {
        self.tally.unexpected(&Method::GET, "content", "not what was uploaded");
    }

    async fn send(&self, ask: Ask<'_>) -> Result<Bytes, String> {
        let mut request = Request::builder().method(ask.method).uri(format!("{}{}", self.base, ask.path));
        if let Some(token) = ask.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match ask.body {
            Payload::None => Body::empty(),
            Payload::Json(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(value.to_string())
            }
            Payload::Bytes(content) => Body::from(content),
        };
        let request = request.body(body).map_err(|error| error.to_string())?;
        let response = self.pool.request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), MOST).await.map_err(|error| error.to_string())?;
        if status == ask.expect { Ok(body) } else { Err(status.to_string()) }
    }
}
