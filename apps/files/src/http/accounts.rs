//! Registration, login, logout, and the end of an account.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::extract::{Content, Holder};
use crate::accounts::Opened;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    name: String,
    password: String,
}

pub async fn register(
    State(service): State<Arc<Service>>,
    Content(Credentials { name, password }): Content<Credentials>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    service.accounts.register(name, password).await.map(created)
}

pub async fn log_in(
    State(service): State<Arc<Service>>,
    Content(Credentials { name, password }): Content<Credentials>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    service.accounts.log_in(name, password).await.map(created)
}

pub async fn log_out(State(service): State<Arc<Service>>, holder: Holder) -> StatusCode {
    service.accounts.log_out(&holder.token);
    StatusCode::NO_CONTENT
}

pub async fn remove(State(service): State<Arc<Service>>, holder: Holder) -> StatusCode {
    service.library.delete_account(&holder.account).await;
    service.accounts.log_out(&holder.token);
    StatusCode::NO_CONTENT
}

fn created(Opened { token, lifetime }: Opened) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "token": token, "expiresIn": lifetime.as_secs() })))
}
