//! The service as a client meets it: over HTTP, on a port of its own.
#![allow(dead_code, missing_docs)]

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use files::settings::Settings;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub const PASSWORD: &str = "correct horse battery";

pub struct Server {
    pub address: SocketAddr,
    client: Client<HttpConnector, Body>,
    /// It stops with its owner.
    _stop: oneshot::Sender<()>,
}

pub struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Serves with these settings.
pub async fn serve(values: &[(&str, &str)]) -> Server {
    let settings =
        Settings::read(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap();
    let service = files::service(&settings).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let stop = async { stopped.await.unwrap_or(()) };
        files::run(&settings, service, listener, stop).await.unwrap();
    });
    let client = Client::builder(TokioExecutor::new()).build_http();
    Server { address, client, _stop: stop }
}

impl Server {
    pub async fn ask(&self, method: Method, path: &str, token: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.header("content-type", "application/json").body(body.into()).unwrap();
        self.send(request).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.client.request(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap().to_vec();
        Answer { status, body }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::GET, path, token, Body::empty()).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.ask(Method::POST, path, token, body).await
    }

    pub async fn put(&self, path: &str, token: &str, body: Vec<u8>) -> Answer {
        self.ask(Method::PUT, path, token, body).await
    }

    pub async fn delete(&self, path: &str, token: &str) -> Answer {
        self.ask(Method::DELETE, path, token, Body::empty()).await
    }

    /// The token of a new account.
    pub async fn register(&self, name: &str) -> String {
        let answer = self.post("/api/v1/accounts", "", json!({ "name": name, "password": PASSWORD })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Path of a file that was uploaded whole.
    pub async fn upload(&self, token: &str, content: &[u8]) -> String {
        let begun = self.post("/api/v1/files", token, json!({ "name": "a.bin", "size": content.len() })).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text());
        let begun = begun.json();
        let path = format!("/api/v1/files/{}", begun["id"].as_str().unwrap());
        let size = begun["chunkSize"].as_u64().unwrap() as usize;
        for (index, chunk) in content.chunks(size).enumerate() {
            let put = self.put(&format!("{path}/chunks/{index}"), token, chunk.to_vec()).await;
            assert_eq!(put.status, StatusCode::NO_CONTENT, "{}", put.text());
        }
        let done = self.post(&format!("{path}/complete"), token, Value::Null).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text());
        path
    }

    /// Value of a series, once it is at least `least`: a request is counted when its answer has been handed over.
    pub async fn metric(&self, series: &str, least: f64) -> f64 {
        let mut value = 0.0;
        for _ in 0..50 {
            let page = self.get("/metrics", "").await.text();
            let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
            value = line.map_or(0.0, |text| text.parse().unwrap());
            if value >= least {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        value
    }
}
