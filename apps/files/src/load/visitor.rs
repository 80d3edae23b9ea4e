//! What one visitor does, again and again: logs in, uploads, looks, downloads, shares, tidies up, leaves.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use super::Turns;
use super::client::{Ask, Client, Payload};
use super::mix::Turn;
use crate::tokens::{new_id, new_token, random, sha256};

/// Files that a visitor keeps; for a moment there is one more.
pub const KEPT: usize = 3;
/// Visits after which the account is given up for a new one.
const VISITS: usize = 20;

struct Kept {
    id: String,
    sha256: [u8; 32],
}

/// One visitor.
pub struct Visitor {
    client: Client,
    turns: Arc<Turns>,
    name: String,
    password: String,
    token: Option<String>,
    files: VecDeque<Kept>,
    /// Bytes of a file at most.
    size: u64,
}

impl Visitor {
    /// Somebody who has never been here.
    pub fn new(client: Client, turns: Arc<Turns>, size: u64) -> Self {
        let (name, password) = (format!("visitor-{}", new_id()), new_token());
        Self { client, turns, name, password, token: None, files: VecDeque::new(), size }
    }

    /// Never ends.
    pub async fn come_and_go(mut self) {
        loop {
            // an answer that was not expected ends what depends on it
            let _ = self.stay().await;
            let _ = self.leave().await;
            self = Self::new(self.client, self.turns, self.size);
        }
    }

    async fn stay(&mut self) -> Option<()> {
        let body = self.credentials();
        self.token = token_in(&self.ask(Method::POST, "/api/v1/accounts", body, StatusCode::CREATED).await?);
        self.visit().await?;
        for _ in 1..VISITS {
            self.ask(Method::DELETE, "/api/v1/sessions/current", Payload::None, StatusCode::NO_CONTENT).await?;
            self.token = None;
            self.log_in().await?;
            self.visit().await?;
        }
        Some(())
    }

    /// Gives up the account with all that is in it.
    async fn leave(&mut self) -> Option<()> {
        if self.token.is_none() {
            self.log_in().await?;
        }
        self.ask(Method::DELETE, "/api/v1/accounts/me", Payload::None, StatusCode::NO_CONTENT).await.map(drop)
    }

    async fn log_in(&mut self) -> Option<()> {
        let body = self.credentials();
        self.token = token_in(&self.ask(Method::POST, "/api/v1/sessions", body, StatusCode::CREATED).await?);
        Some(())
    }

    async fn visit(&mut self) -> Option<()> {
        self.upload().await?;
        self.get("/api/v1/files").await?;
        let file = self.files.back()?;
        let (path, digest) = (format!("/api/v1/files/{}", file.id), file.sha256);
        self.get(&path).await?;
        let content = self.get(&format!("{path}/content")).await?;
        self.compare(&content, digest)?;
        self.get(&format!("{path}/chunks/0")).await?;
        let shared = self.ask(Method::POST, &format!("{path}/links"), Payload::None, StatusCode::CREATED).await?;
        let link = text_in(&shared, "path")?;
        let content = self.get(&link).await?;
        self.compare(&content, digest)?;
        if self.files.len() > KEPT {
            let oldest = self.files.pop_front()?;
            let path = format!("/api/v1/files/{}", oldest.id);
            self.ask(Method::DELETE, &path, Payload::None, StatusCode::NO_CONTENT).await?;
        }
        Some(())
    }

    async fn upload(&mut self) -> Option<()> {
        let content = some_content(self.size);
        let body = Payload::Json(json!({ "name": "holiday.jpg", "size": content.len() }));
        let begun = self.ask(Method::POST, "/api/v1/files", body, StatusCode::CREATED).await?;
        let begun: Value = serde_json::from_slice(&begun).ok()?;
        let id = begun["id"].as_str()?.to_owned();
        let size = usize::try_from(begun["chunkSize"].as_u64()?).ok()?;
        for (index, start) in (0..content.len()).step_by(size).enumerate() {
            let chunk = content.slice(start..content.len().min(start + size));
            let path = format!("/api/v1/files/{id}/chunks/{index}");
            self.ask(Method::PUT, &path, Payload::Bytes(chunk), StatusCode::NO_CONTENT).await?;
        }
        self.ask(Method::POST, &format!("/api/v1/files/{id}/complete"), Payload::None, StatusCode::OK).await?;
        self.files.push_back(Kept { id, sha256: sha256(&content) });
        Some(())
    }

    async fn get(&self, path: &str) -> Option<Bytes> {
        self.ask(Method::GET, path, Payload::None, StatusCode::OK).await
    }

    /// Asks when it is its turn; turns for failures come before.
    async fn ask(&self, method: Method, path: &str, body: Payload, expect: StatusCode) -> Option<Bytes> {
        loop {
            match self.turns.next().await {
                Turn::Ordinary => break,
                Turn::WrongPassword => self.log_in_wrongly().await,
                Turn::MissingFile => self.miss().await,
            }
        }
        self.client.ask(Ask { method, path, token: self.token.as_deref(), body, expect }).await
    }

    async fn log_in_wrongly(&self) {
        let body = Payload::Json(json!({ "name": self.name, "password": new_token() }));
        let (path, expect) = ("/api/v1/sessions", StatusCode::UNAUTHORIZED);
        self.client.ask(Ask { method: Method::POST, path, token: None, body, expect }).await;
    }

    async fn miss(&self) {
        let path = match self.token {
            Some(_) => format!("/api/v1/files/{}", new_id()),
            None => format!("/api/v1/links/{}/content", new_token()),
        };
        let (token, expect) = (self.token.as_deref(), StatusCode::NOT_FOUND);
        self.client.ask(Ask { method: Method::GET, path: &path, token, body: Payload::None, expect }).await;
    }

    fn credentials(&self) -> Payload {
        Payload::Json(json!({ "name": self.name, "password": self.password }))
    }

    fn compare(&self, content: &[u8], digest: [u8; 32]) -> Option<()> {
        if sha256(content) == digest {
            return Some(());
        }
        self.client.wrong_content();
        None
    }
}

/// Bytes that do not repeat, of a size by chance.
fn some_content(most: u64) -> Bytes {
    let seed = u64::from_le_bytes(random());
    let size = usize::try_from(1 + seed % most).unwrap_or(1);
    // xorshift: cheap, and good enough to be compared
    let mut state = seed | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(size).collect()
}

fn token_in(body: &[u8]) -> Option<String> {
    text_in(body, "token")
}

fn text_in(body: &[u8], name: &str) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    value[name].as_str().map(str::to_owned)
}
