//! Whole files, read as fast as they are taken: never more than a chunk of them is in memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::Service;
use super::extract::{Holder, InPath};
use crate::failure::Failure;
use crate::library::require_complete;
use crate::store::records::File;

pub async fn own(
    State(service): State<Arc<Service>>,
    holder: Holder,
    InPath(id): InPath<String>,
) -> Result<Response, Failure> {
    let file = require_complete(service.library.file(&holder.account, &id)?)?;
    Ok(whole(service, file))
}

pub async fn shared(State(service): State<Arc<Service>>, InPath(token): InPath<String>) -> Result<Response, Failure> {
    let file = service.library.shared(&token)?;
    Ok(whole(service, file))
}

fn whole(service: Arc<Service>, file: File) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // contents of strangers are kept, never shown
        (header::CONTENT_DISPOSITION, "attachment"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let left = file.size;
    if left == 0 {
        service.metrics.file_downloads.inc();
    }
    (headers, Body::new(Whole { service, file: Arc::new(file), next: 0, left, reading: None })).into_response()
}

type Reading = Pin<Box<dyn Future<Output = Result<Bytes, Failure>> + Send>>;

/// The chunks of a file, one after the other.
struct Whole {
    service: Arc<Service>,
    file: Arc<File>,
    /// Index of the chunk that comes next.
    next: usize,
    /// Bytes that are still to come.
    left: u64,
    reading: Option<(Instant, Reading)>,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let (start, reading) = this.reading.get_or_insert_with(|| {
            let (service, file, index) = (this.service.clone(), this.file.clone(), this.next);
            (Instant::now(), Box::pin(async move { service.library.read_chunk(&file, index).await }))
        });
        let result = ready!(reading.as_mut().poll(context));
        let seconds = start.elapsed().as_secs_f64();
        this.reading = None;
        // less than was announced tells the client that this was not the end
        let content = match result {
            Ok(content) => content,
            Err(failure) => return Poll::Ready(Some(Err(failure))),
        };
        this.next += 1;
        this.left = this.left.saturating_sub(content.len() as u64);
        this.service.metrics.chunk_download.observe(seconds);
        if this.left == 0 {
            this.service.metrics.file_downloads.inc();
        }
        Poll::Ready(Some(Ok(Frame::data(content))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
