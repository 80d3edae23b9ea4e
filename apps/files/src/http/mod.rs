//! The service's face: routes, and what they have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};

use crate::accounts::Accounts;
use crate::failure::{Failure, Kind};
use crate::library::Library;
use crate::metrics::Metrics;

mod accounts;
mod content;
mod download;
mod error;
mod extract;
mod files;
mod health;
mod observe;

/// Time for a request to arrive and be worked on; the body of its answer may take longer.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers share.
pub struct Service {
    /// Who may ask.
    pub accounts: Accounts,
    /// What they may ask for.
    pub library: Arc<Library>,
    /// What is told of it.
    pub metrics: Arc<Metrics>,
    /// Lifetime of sessions and links.
    pub lifetime: Duration,
    /// Told to stop: not ready for more.
    pub stopping: AtomicBool,
}

impl Service {
    /// Answers `/readyz` with 503 from now on.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// All routes. The labels of metrics are their templates.
pub fn router(service: Arc<Service>) -> Router {
    let api = Router::new()
        .route("/api/v1/accounts", post(accounts::register))
        .route("/api/v1/accounts/me", delete(accounts::remove))
        .route("/api/v1/sessions", post(accounts::log_in))
        .route("/api/v1/sessions/current", delete(accounts::log_out))
        .route("/api/v1/files", get(files::list).post(files::begin))
        .route("/api/v1/files/{id}", get(files::show).delete(files::remove))
        .route("/api/v1/files/{id}/complete", post(files::complete))
        .route("/api/v1/files/{id}/links", post(files::share))
        .route("/api/v1/files/{id}/chunks/{index}", put(content::put_chunk).get(content::get_chunk))
        .route("/api/v1/files/{id}/content", get(download::own))
        .route("/api/v1/links/{token}/content", get(download::shared))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(service.clone(), observe::observe));
    // asked by machines all the time; they would only dilute what is told of people's requests
    let operations = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    api.merge(operations).with_state(service)
}

async fn no_route() -> Failure {
    Failure::new(Kind::NotFound, "route_not_found", "There is nothing at this path. README.md lists what there is.")
}

async fn no_method() -> Failure {
    let message = "This path does not take this method. The header Allow lists those that it takes.";
    Failure::new(Kind::Method, "method_not_allowed", message)
}
