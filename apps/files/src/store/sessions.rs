//! The session store, Redis's part: values that expire, in the memory of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::metrics::Metrics;

/// Entries at most; the next one is refused, as Redis does without an eviction policy.
const MOST: usize = 20_000;

struct Entry {
    value: String,
    expires: Instant,
}

/// Values that expire.
pub struct Sessions {
    entries: Mutex<HashMap<String, Entry>>,
    most: usize,
    metrics: Arc<Metrics>,
}

impl Sessions {
    /// An empty one.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { entries: Mutex::default(), most: MOST, metrics }
    }

    /// Keeps a value for some time.
    pub fn set(&self, key: String, value: String, lifetime: Duration) -> Result<(), Failure> {
        let now = Instant::now();
        let kept = self.with(|entries| {
            if entries.len() >= self.most {
                entries.retain(|_, entry| entry.expires > now);
            }
            if entries.len() >= self.most && !entries.contains_key(&key) {
                return false;
            }
            entries.insert(key, Entry { value, expires: now + lifetime });
            true
        });
        self.metrics.redis("set", kept);
        if kept {
            return Ok(());
        }
        let message = "There are too many sessions and links. Wait until some have expired.";
        Err(Failure::new(Kind::Full, "sessions_full", message))
    }

    /// A value that has not expired. That there is none is an answer too.
    pub fn get(&self, key: &str) -> Option<String> {
        let now = Instant::now();
        let found =
            self.with(|entries| entries.get(key).filter(|entry| entry.expires > now).map(|entry| entry.value.clone()));
        self.metrics.redis("get", true);
        found
    }

    /// Forgets a value.
    pub fn delete(&self, key: &str) {
        self.with(|entries| entries.remove(key));
        self.metrics.redis("del", true);
    }

    /// That it answers: a full one does, too, for the sessions that are there.
    pub fn ping(&self) {
        self.with(|_| ());
        self.metrics.redis("ping", true);
    }

    /// Forgets what has expired.
    pub fn sweep(&self) {
        let now = Instant::now();
        self.with(|entries| entries.retain(|_, entry| entry.expires > now));
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Entry>) -> T) -> T {
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(most: usize) -> Sessions {
        Sessions { most, ..Sessions::new(Arc::new(Metrics::new().unwrap())) }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn values_expire() {
        let sessions = sessions(10);
        sessions.set("a".into(), "1".into(), LONG).unwrap();
        sessions.set("b".into(), "2".into(), Duration::ZERO).unwrap();
        assert_eq!(sessions.get("a").as_deref(), Some("1"));
        assert_eq!(sessions.get("b"), None);
        sessions.delete("a");
        assert_eq!(sessions.get("a"), None);
    }

    #[test]
    fn a_full_store_refuses_and_says_so_until_something_expires() {
        let sessions = sessions(2);
        sessions.set("a".into(), "1".into(), LONG).unwrap();
        sessions.set("b".into(), "1".into(), LONG).unwrap();
        assert_eq!(sessions.set("c".into(), "1".into(), LONG).unwrap_err().code, "sessions_full");
        // what is there may be renewed, here to expire at once
        sessions.set("a".into(), "2".into(), Duration::ZERO).unwrap();
        sessions.set("c".into(), "1".into(), LONG).unwrap();
        let text = sessions.metrics.text().unwrap();
        assert!(text.contains("redis_operations_total{operation=\"set\",status=\"failure\"} 1"), "{text}");
    }
}
