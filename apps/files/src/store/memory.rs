//! Objects in memory: gone with the process.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::objects::{Answer, ObjectStore};

/// Objects in memory. Their number and size are bounded by the database, where files are declared first.
#[derive(Default)]
pub struct MemoryStore {
    objects: Mutex<HashMap<String, Bytes>>,
}

impl MemoryStore {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Bytes>) -> T) -> T {
        work(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ObjectStore for MemoryStore {
    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Answer<'a, ()> {
        // a copy of its own: what was received may be a piece of a larger buffer
        let content = Bytes::copy_from_slice(&content);
        self.with(|objects| objects.insert(key.to_owned(), content));
        Box::pin(async { Ok(()) })
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Bytes> {
        let found = self.with(|objects| objects.get(key).cloned());
        Box::pin(
            async move { found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no object {key}"))) },
        )
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        self.with(|objects| objects.remove(key));
        Box::pin(async { Ok(()) })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
