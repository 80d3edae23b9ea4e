//! Every request is counted, timed and, at the level debug, logged.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::timeout;

use super::{PATIENCE, Service};
use crate::failure::{Failure, Kind};
use crate::logs;
use crate::metrics::Metrics;
use crate::settings::Level;

/// Label of paths that are no route's, whatever they are.
const UNKNOWN: &str = "unknown";
/// Label of methods that HTTP does not define.
const OTHER: &str = "OTHER";
/// Status of requests whose client did not wait for the answer.
const CLIENT_GONE: u16 = 499;

pub async fn observe(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let endpoint = request.extensions().get::<MatchedPath>().map_or(UNKNOWN, MatchedPath::as_str).to_owned();
    let mut observation = Observation {
        metrics: service.metrics.clone(),
        method: method_label(request.method()),
        endpoint,
        start: Instant::now(),
        status: CLIENT_GONE,
        told: false,
    };
    let response = timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let message = "The request was not complete in time. Send it again.";
        Failure::new(Kind::Timeout, "request_timeout", message).into_response()
    });
    observation.status = response.status().as_u16();
    response.map(|body| {
        if body.is_end_stream() {
            observation.tell();
        }
        Body::new(Observed { body, observation })
    })
}

fn method_label(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or(OTHER)
}

/// A request until its end, which is told once: when the answer has been handed over, or nobody waits for it any more.
struct Observation {
    metrics: Arc<Metrics>,
    method: &'static str,
    endpoint: String,
    start: Instant,
    status: u16,
    told: bool,
}

impl Observation {
    fn tell(&mut self) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let status = self.status.to_string();
        self.metrics.http_requests.with_label_values(&[self.method, &self.endpoint, &status]).inc();
        self.metrics.http_duration.with_label_values(&[self.method, &self.endpoint]).observe(seconds);
        if logs::enabled(Level::Debug) {
            let fields = [
                ("method", self.method.into()),
                ("endpoint", self.endpoint.as_str().into()),
                ("status", self.status.into()),
                ("seconds", seconds.into()),
            ];
            logs::write(Level::Debug, "files.http", "request", &fields);
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.tell();
    }
}

/// A body that tells when it ends.
struct Observed {
    body: Body,
    observation: Observation,
}

impl HttpBody for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let last = matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream();
        if last {
            self.observation.tell();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
