//! A small file-sharing back end that tells of itself in metrics. README.md says what it is and what it is not.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::accounts::Accounts;
use crate::http::Service;
use crate::library::Library;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::store::database::Database;
use crate::store::disk::DiskStore;
use crate::store::memory::MemoryStore;
use crate::store::objects::{ObjectStore, Objects};
use crate::store::sessions::Sessions;

pub mod accounts;
pub mod failure;
pub mod http;
pub mod library;
pub mod load;
pub mod logs;
pub mod metrics;
pub mod passwords;
pub mod patient;
pub mod server;
pub mod settings;
pub mod store;
pub mod tokens;

/// How often what has expired is removed.
const SWEEP: Duration = Duration::from_secs(60);

/// The service with its stores, ready to be served.
pub async fn service(settings: &Settings) -> Result<Arc<Service>, Box<dyn std::error::Error>> {
    let metrics = Arc::new(Metrics::new()?);
    let store: Box<dyn ObjectStore> = match &settings.data_dir {
        Some(folder) => Box::new(DiskStore::open(folder).await.map_err(|error| {
            let message = format!("FILES_DATA_DIR {}: {error}. Give this user a folder to write to.", folder.display());
            io::Error::new(error.kind(), message)
        })?),
        None => Box::new(MemoryStore::default()),
    };
    let limits = settings.limits;
    let database = Arc::new(Database::new(limits, metrics.clone()));
    let sessions = Arc::new(Sessions::new(metrics.clone()));
    let objects = Objects::new(store, metrics.clone());
    let accounts = Accounts::new(database.clone(), sessions.clone(), metrics.clone(), limits.session)?;
    let library = Arc::new(Library::new(database, sessions, objects, metrics.clone(), limits));
    Ok(Arc::new(Service { accounts, library, metrics, lifetime: limits.session, stopping: AtomicBool::new(false) }))
}

/// Serves on `listener` until `stop`, with the load that the settings ask for. False when requests were cut off at the end.
pub async fn run(
    settings: &Settings,
    service: Arc<Service>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<bool> {
    let address = listener.local_addr()?;
    let mut tasks = vec![sweeping(service.library.clone())];
    tasks.extend(load::start(settings.load, &settings.limits, reachable(address)));
    let told = {
        let service = service.clone();
        async move {
            stop.await;
            service.stop();
            tasks.iter().for_each(JoinHandle::abort);
        }
    };
    let (app, metrics) = (http::router(service.clone()), service.metrics.clone());
    Ok(server::serve(listener, app, metrics, settings.limits.connections, told, settings.stop).await)
}

/// Where a server that listens here is reached from this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn sweeping(library: Arc<Library>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(SWEEP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            library.sweep().await;
        }
    })
}
