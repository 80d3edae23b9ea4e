//! Connections: accepted up to a number, counted while open, ended in order.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use prometheus::IntGauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use crate::logs;
use crate::metrics::Metrics;
use crate::patient::Patient;

/// Time for the head of a request, and between two requests of a connection.
const HEAD: Duration = Duration::from_secs(60);

/// Time for a client to take some of what is sent to it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Counts a connection while it is open.
struct Open {
    gauge: IntGauge,
    _slot: OwnedSemaphorePermit,
}

impl Open {
    fn new(gauge: IntGauge, slot: OwnedSemaphorePermit) -> Self {
        gauge.inc();
        Self { gauge, _slot: slot }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

/// Serves until `stop`; then accepts nothing, and gives requests that are under way `grace`. False when some were cut off.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    metrics: Arc<Metrics>,
    most: usize,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> bool {
    let slots = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, slot) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let open = Open::new(metrics.http_connections.clone(), slot);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(Patient::new(stream, PATIENCE)), TowerToHyperService::new(app.clone()));
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            let _open = open;
            // a client that breaks off is its own affair; requests tell of what the service did wrong
            let _ = watched.await;
        });
    }
    drop(listener);
    timeout(grace, graceful.shutdown()).await.is_ok()
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((stream, _)) => {
                // small answers are not held back to be sent with others
                let _ = stream.set_nodelay(true);
                return (stream, slot);
            }
            Err(error) => {
                logs::warning("files.server", "cannot accept", &[("cause", error.to_string().into())]);
                // no file descriptors, most likely: some have to be closed first
                sleep(Duration::from_millis(500)).await;
            }
        }
    }
}
