//! The database's part: accounts and files, in the memory of the process. Every query is counted and timed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::records::{Account, Chunk, File};
use crate::failure::{Failure, Kind};
use crate::metrics::Metrics;
use crate::passwords::Hashed;
use crate::settings::Limits;

/// Accounts at most.
const MOST_ACCOUNTS: usize = 10_000;
/// Files of one account at most.
const MOST_FILES: usize = 1_000;

#[derive(Default)]
struct Tables {
    accounts: HashMap<String, Account>,
    /// Ids by name.
    names: HashMap<String, String>,
    files: BTreeMap<String, File>,
    /// Declared sizes of all files.
    bytes: u64,
}

/// Accounts and files.
pub struct Database {
    tables: Mutex<Tables>,
    limits: Limits,
    metrics: Arc<Metrics>,
}

impl Database {
    /// An empty one.
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self { tables: Mutex::default(), limits, metrics }
    }

    /// Adds an account whose name is free.
    pub fn insert_account(&self, account: Account) -> Result<(), Failure> {
        self.query("insert", |tables| {
            if tables.names.contains_key(&account.name) {
                let message = format!("The name {} is taken. Choose another.", account.name);
                return Err(Failure::new(Kind::Conflict, "name_taken", message));
            }
            if tables.accounts.len() >= MOST_ACCOUNTS {
                let message = format!("There are {MOST_ACCOUNTS} accounts, which is the most that there may be.");
                return Err(Failure::new(Kind::Full, "accounts_full", message));
            }
            tables.names.insert(account.name.clone(), account.id.clone());
            tables.accounts.insert(account.id.clone(), account);
            Ok(())
        })
    }

    /// Id and password of the account with this name.
    pub fn credentials(&self, name: &str) -> Option<(String, Hashed)> {
        self.query("select", |tables| {
            let account = tables.accounts.get(tables.names.get(name)?)?;
            Some((account.id.clone(), account.password.clone()))
        })
    }

    /// Whether there is such an account.
    pub fn has_account(&self, id: &str) -> bool {
        self.query("select", |tables| tables.accounts.contains_key(id))
    }

    /// Removes an account and its files; gives the keys of their contents.
    pub fn delete_account(&self, id: &str) -> Vec<String> {
        self.query("delete", |tables| {
            let Some(account) = tables.accounts.remove(id) else { return Vec::new() };
            tables.names.remove(&account.name);
            account.files.iter().flat_map(|file| tables.remove(file)).collect()
        })
    }

    /// Adds the upload of a file, for which there has to be room.
    pub fn insert_file(&self, file: File) -> Result<(), Failure> {
        let Limits { account: most, store, .. } = self.limits;
        self.query("insert", |tables| {
            let account = tables.accounts.get_mut(&file.owner).ok_or_else(Failure::no_file)?;
            if account.files.len() >= MOST_FILES {
                let message = format!("The account has {MOST_FILES} files. Delete one first.");
                return Err(Failure::new(Kind::Forbidden, "too_many_files", message));
            }
            if account.bytes + file.size > most {
                let message =
                    format!("The account has {} of {most} bytes; {} more do not fit.", account.bytes, file.size);
                return Err(Failure::new(Kind::Forbidden, "quota_exceeded", message));
            }
            if tables.bytes + file.size > store {
                let message = "There is no room for this file. Try again when others have been deleted.";
                return Err(Failure::new(Kind::Full, "store_full", message));
            }
            account.bytes += file.size;
            account.files.insert(file.id.clone());
            tables.bytes += file.size;
            tables.files.insert(file.id.clone(), file);
            Ok(())
        })
    }

    /// A file, whoever asks.
    pub fn file(&self, id: &str) -> Option<File> {
        self.query("select", |tables| tables.files.get(id).cloned())
    }

    /// Files of an account by id, those after `after`, `count` at most.
    pub fn files_of(&self, owner: &str, after: &str, count: usize) -> Vec<File> {
        self.query("select", |tables| {
            let Some(account) = tables.accounts.get(owner) else { return Vec::new() };
            let ids = account.files.range::<str, _>((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded));
            ids.take(count).filter_map(|id| tables.files.get(id).cloned()).collect()
        })
    }

    /// Notes that a chunk is there; gives the one that it replaces.
    pub fn set_chunk(&self, id: &str, index: usize, chunk: Chunk) -> Result<Option<Chunk>, Failure> {
        self.query("update", |tables| {
            let file = tables.files.get_mut(id).ok_or_else(Failure::no_file)?;
            if file.complete {
                return Err(already_complete());
            }
            file.touched = Instant::now();
            file.chunks.get_mut(index).map(|place| place.replace(chunk)).ok_or_else(Failure::no_file)
        })
    }

    /// Ends an upload of which nothing is missing.
    pub fn complete(&self, id: &str) -> Result<File, Failure> {
        self.query("update", |tables| {
            let file = tables.files.get_mut(id).ok_or_else(Failure::no_file)?;
            if file.complete {
                return Err(already_complete());
            }
            let missing = file.missing();
            if let Some(first) = missing.first() {
                let count = missing.len();
                let message = format!("{count} of {} chunks are missing, the first is {first}.", file.chunks.len());
                return Err(Failure::new(Kind::Conflict, "chunks_missing", message));
            }
            file.complete = true;
            Ok(file.clone())
        })
    }

    /// Removes a file; gives the keys of its contents.
    pub fn delete_file(&self, id: &str) -> Vec<String> {
        self.query("delete", |tables| tables.remove(id))
    }

    /// Removes uploads of which nothing was received for so long; gives the keys of their contents.
    pub fn delete_abandoned(&self, after: Duration) -> Vec<String> {
        self.query("delete", |tables| {
            let abandoned = tables.files.values().filter(|file| !file.complete && file.touched.elapsed() > after);
            let ids: Vec<String> = abandoned.map(|file| file.id.clone()).collect();
            ids.iter().flat_map(|id| tables.remove(id)).collect()
        })
    }

    /// Counts and times one query, the wait for others among it.
    fn query<T>(&self, kind: &str, work: impl FnOnce(&mut Tables) -> T) -> T {
        let start = Instant::now();
        let result = work(&mut self.tables.lock().unwrap_or_else(PoisonError::into_inner));
        self.metrics.query(kind, start);
        result
    }
}

impl Tables {
    fn remove(&mut self, id: &str) -> Vec<String> {
        let Some(file) = self.files.remove(id) else { return Vec::new() };
        self.bytes -= file.size;
        if let Some(account) = self.accounts.get_mut(&file.owner) {
            account.bytes -= file.size;
            account.files.remove(id);
        }
        file.objects()
    }
}

fn already_complete() -> Failure {
    Failure::new(Kind::Conflict, "already_complete", "The upload of this file is complete. Delete it to begin anew.")
}
