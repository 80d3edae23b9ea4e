//! Synthetic load: what people would do, through HTTP like theirs, at a rate that is kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::logs;
use crate::settings::{Limits, LoadSettings};

mod client;
mod mix;
mod visitor;

use client::{Client, Tally};
use mix::Mix;
use visitor::Visitor;

/// People at a time; each asks one thing after the other.
const VISITORS: usize = 8;
/// Bytes of a visitor's file at most; less where the service's limits are small.
const FILE: u64 = 192 * 1024;
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

/// Puts load on the server at `address`, within its limits; aborting the tasks ends it.
pub fn start(settings: LoadSettings, limits: &Limits, address: SocketAddr) -> Vec<JoinHandle<()>> {
    if settings.rate <= 0.0 {
        return Vec::new();
    }
    let turns = Arc::new(Turns::new(settings));
    let tally = Arc::new(Tally::default());
    let client = Client::new(address, tally.clone());
    let mut tasks = vec![tokio::spawn(report(tally))];
    let size = largest_file(limits);
    let visitor = || Visitor::new(client.clone(), turns.clone(), size);
    tasks.extend((0..VISITORS).map(|_| tokio::spawn(visitor().come_and_go())));
    tasks
}

/// What everybody can keep at the same time.
fn largest_file(limits: &Limits) -> u64 {
    let (files, visitors) = (visitor::KEPT as u64 + 1, VISITORS as u64);
    FILE.min(limits.file).min(limits.account / files).min(limits.store / (files * visitors))
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

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn visitors_stay_within_the_limits() {
        let largest = |values: &[(&str, &str)]| {
            let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            super::largest_file(&Settings::read(values).unwrap().limits)
        };
        assert_eq!(largest(&[]), 192 * 1024);
        let small = [("FILES_CHUNK_BYTES", "1024"), ("FILES_FILE_BYTES", "4096"), ("FILES_ACCOUNT_BYTES", "8192")];
        assert_eq!(largest(&small), 2048);
        assert_eq!(largest(&[&small[..], &[("FILES_STORE_BYTES", "8192")]].concat()), 256);
    }
}
