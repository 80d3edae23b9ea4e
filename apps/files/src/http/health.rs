//! What those ask who run the service.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Service;
use crate::failure::Failure;

/// The process serves requests; no store is asked, or a restart would be the answer to a fault of theirs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Requests can be met: the stores answer, and nobody has told the service to stop.
pub async fn ready(State(service): State<Arc<Service>>) -> Response {
    if service.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match service.library.check().await {
        Ok(()) => "ready\n".into_response(),
        Err(failure) => failure.into_response(),
    }
}

pub async fn metrics(State(service): State<Arc<Service>>) -> Result<Response, Failure> {
    let page = service.metrics.text().map_err(|error| Failure::broken("metrics", &error))?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], page).into_response())
}
