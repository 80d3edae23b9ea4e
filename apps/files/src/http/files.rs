//! What is known of files, and their links.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use super::extract::{Asked, Content, Holder, InPath};
use crate::failure::Failure;
use crate::store::records::File;

/// Entries of a page of the list, unless asked for fewer.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    name: String,
    size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Id of the last file of the page before.
    #[serde(default)]
    after: String,
    limit: Option<usize>,
}

pub async fn begin(
    State(service): State<Arc<Service>>,
    holder: Holder,
    Content(Begin { name, size }): Content<Begin>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let file = service.library.begin(&holder.account, name, size)?;
    Ok((StatusCode::CREATED, Json(shown(&file))))
}

pub async fn list(
    State(service): State<Arc<Service>>,
    holder: Holder,
    Asked(page): Asked<Page>,
) -> Result<Json<Value>, Failure> {
    let limit = page.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Failure::invalid("invalid_limit", format!("limit is {limit}; it must be from 1 to {PAGE}.")));
    }
    let files = service.library.list(&holder.account, &page.after, limit);
    let next = if files.len() == limit { files.last().map(|file| file.id.clone()) } else { None };
    let files: Vec<Value> = files.iter().map(shown).collect();
    Ok(Json(json!({ "files": files, "next": next })))
}

pub async fn show(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath(id): InPath<String>,
) -> Result<Json<Value>, Failure> {
    service.library.file(&holder.account, &id).map(|file| Json(shown(&file)))
}

pub async fn complete(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath(id): InPath<String>,
) -> Result<Json<Value>, Failure> {
    service.library.complete(&holder.account, &id).map(|file| Json(shown(&file)))
}

pub async fn remove(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath(id): InPath<String>,
) -> Result<StatusCode, Failure> {
    service.library.delete(&holder.account, &id).await.map(|()| StatusCode::NO_CONTENT)
}

pub async fn share(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath(id): InPath<String>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let token = service.library.share(&holder.account, &id, service.lifetime)?;
    let body = json!({ "path": format!("/api/v1/links/{token}/content"), "expiresIn": service.lifetime.as_secs() });
    Ok((StatusCode::CREATED, Json(body)))
}

fn shown(file: &File) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "chunkSize": file.chunk_size,
        "chunks": file.chunks.len(),
        "received": file.chunks.iter().flatten().count(),
        "complete": file.complete,
        "created": file.created.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
    })
}
