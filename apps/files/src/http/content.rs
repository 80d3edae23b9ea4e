//! Single chunks: how contents come in, and how a download that broke off goes on.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Service;
use super::extract::{Holder, InPath, read};
use crate::failure::Failure;

/// SHA-256 of the chunk, in hexadecimal digits; optional.
pub const CHUNK_SHA256: &str = "x-chunk-sha256";

pub async fn put_chunk(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath((id, index)): InPath<(String, usize)>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let start = Instant::now();
    let expected = service.library.expected(&holder.account, &id, index)?;
    let digest = digest_in(request.headers())?;
    let content = read(request.into_body(), usize::try_from(expected).unwrap_or(usize::MAX)).await?;
    if content.len() as u64 != expected {
        let message = format!("Chunk {index} has {} bytes; it must have {expected}.", content.len());
        return Err(Failure::invalid("wrong_chunk_size", message));
    }
    service.library.put_chunk(&id, index, content, digest).await?;
    service.metrics.chunk_upload.observe(start.elapsed().as_secs_f64());
    Ok(StatusCode::NO_CONTENT)
}

pub async fn get_chunk(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath((id, index)): InPath<(String, usize)>,
) -> Result<Response, Failure> {
    let start = Instant::now();
    let file = service.library.file(&holder.account, &id)?;
    let content = service.library.read_chunk(&file, index).await?;
    service.metrics.chunk_download.observe(start.elapsed().as_secs_f64());
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], content).into_response())
}

fn digest_in(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Failure> {
    let Some(value) = headers.get(CHUNK_SHA256) else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(from_hex);
    parsed
        .map(Some)
        .ok_or_else(|| Failure::invalid("invalid_digest", format!("{CHUNK_SHA256} must be 64 hexadecimal digits.")))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}
