//! Synthetic load: what people would do, through HTTP like theirs, at a rate that is kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::logs;
use crate::settings::LoadSettings;

mod client;
mod mix;
mod visitor;

use client::{Client, Tally};
use mix::Mix;
use visitor::Visitor;

/// People at a time; each asks one thing after the other.
const VISITORS: usize = 8;
/// How often it is told what was done.
const REPORT: Duration = Duration::from_secs(60);

/// What all visitors share: when the next request is due, and what it is for.
struct Turns {
    ticks: Mutex<Interval>,
    mix: Mix,
}

impl Turns {
    fn new(settings: LoadSettings) -> Self {
        let mut ticks = interval(Duration::from_secs_f64(1.0 / settings.rate));
        // what could not be asked in time is not made up for: the rate is the most
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { ticks: Mutex::new(ticks), mix: Mix::new(settings.failures) }
    }

    async fn next(&self) -> mix::Turn {
        self.ticks.lock().await.tick().await;
        self.mix.next()
    }
}

/// Puts load on the server at `address`; aborting the tasks ends it.
pub fn start(settings: LoadSettings, address: SocketAddr) -> Vec<JoinHandle<()>> {
    if settings.rate <= 0.0 {
        return Vec::new();
    }
    let turns = Arc::new(Turns::new(settings));
    let tally = Arc::new(Tally::default());
    let client = Client::new(address, tally.clone());
    let mut tasks = vec![tokio::spawn(report(tally))];
    tasks.extend((0..VISITORS).map(|_| tokio::spawn(Visitor::new(client.clone(), turns.clone()).come_and_go())));
    tasks
}

async fn report(tally: Arc<Tally>) {
    let mut ticks = interval(REPORT);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let (requests, unexpected) = tally.take();
        let fields = [("requests", requests.into()), ("unexpected", unexpected.into())];
        logs::info("files.load", "load", &fields);
    }
}
