//! The object store, S3's part: contents by key.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::metrics::Metrics;

/// What a store answers in its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// Contents by key. Keys are made by the service: hexadecimal digits with `/` and `-` between them.
pub trait ObjectStore: Send + Sync {
    /// Keeps a content whole or not at all.
    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Answer<'a, ()>;
    /// A content as it was put.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Bytes>;
    /// Forgets a content; one that is not there is forgotten already.
    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, ()>;
    /// Whether contents can be kept now.
    fn check(&self) -> Answer<'_, ()>;
}

/// A store whose operations are timed.
pub struct Objects {
    store: Box<dyn ObjectStore>,
    metrics: Arc<Metrics>,
}

impl Objects {
    /// Times `store`.
    pub fn new(store: Box<dyn ObjectStore>, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    /// `PutObject`.
    pub async fn put(&self, key: &str, content: Bytes) -> io::Result<()> {
        self.timed("PutObject", self.store.put(key, content)).await
    }

    /// `GetObject`.
    pub async fn get(&self, key: &str) -> io::Result<Bytes> {
        self.timed("GetObject", self.store.get(key)).await
    }

    /// `DeleteObject`.
    pub async fn delete(&self, key: &str) -> io::Result<()> {
        self.timed("DeleteObject", self.store.delete(key)).await
    }

    /// `HeadBucket`.
    pub async fn check(&self) -> io::Result<()> {
        self.timed("HeadBucket", self.store.check()).await
    }

    /// Failed operations are timed too: a store that times out is slow, not absent.
    async fn timed<T>(&self, operation: &str, work: Answer<'_, T>) -> io::Result<T> {
        let start = Instant::now();
        let result = work.await;
        self.metrics.s3(operation, start);
        result
    }
}
