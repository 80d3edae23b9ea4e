//! What the database knows of accounts and files.

use std::collections::BTreeSet;
use std::time::{Instant, SystemTime};

use crate::passwords::Hashed;

/// Somebody with a password.
pub struct Account {
    /// Never changes.
    pub id: String,
    /// What it logs in with.
    pub name: String,
    /// What is kept of its password.
    pub password: Hashed,
    /// Its files, uploads under way among them.
    pub files: BTreeSet<String>,
    /// Their declared sizes together.
    pub bytes: u64,
}

/// A piece of a file that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Key of its content in the object store.
    pub object: String,
    /// In bytes.
    pub size: u64,
    /// Of its content.
    pub sha256: [u8; 32],
}

/// A file, or the upload of one.
#[derive(Debug, Clone)]
pub struct File {
    /// Never changes.
    pub id: String,
    /// The account that it belongs to.
    pub owner: String,
    /// What people call it.
    pub name: String,
    /// In bytes, as declared before the upload.
    pub size: u64,
    /// Of every chunk but the last, which may be smaller.
    pub chunk_size: u64,
    /// Those that have been received.
    pub chunks: Vec<Option<Chunk>>,
    /// All of it is there, and nothing changes any more.
    pub complete: bool,
    /// When the upload began.
    pub created: SystemTime,
    /// When something was last received.
    pub touched: Instant,
}

impl File {
    /// An upload of which nothing has been received.
    pub fn new(id: String, owner: String, name: String, size: u64, chunk_size: u64) -> Self {
        let count = usize::try_from(size.div_ceil(chunk_size)).unwrap_or(usize::MAX);
        let (created, touched) = (SystemTime::now(), Instant::now());
        Self { id, owner, name, size, chunk_size, chunks: vec![None; count], complete: false, created, touched }
    }

    /// The size that a chunk has to have; none when there is no such chunk.
    pub fn size_of_chunk(&self, index: usize) -> Option<u64> {
        if index >= self.chunks.len() {
            return None;
        }
        let before = index as u64 * self.chunk_size;
        Some(self.chunk_size.min(self.size - before))
    }

    /// Indexes of the chunks that are missing.
    pub fn missing(&self) -> Vec<usize> {
        self.chunks.iter().enumerate().filter(|(_, chunk)| chunk.is_none()).map(|(index, _)| index).collect()
    }

    /// Keys of the contents that have been received.
    pub fn objects(&self) -> Vec<String> {
        self.chunks.iter().flatten().map(|chunk| chunk.object.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: u64) -> File {
        File::new("f".into(), "a".into(), "n".into(), size, 10)
    }

    #[test]
    fn only_the_last_chunk_is_smaller() {
        let sizes = |size| {
            let file = file(size);
            (0..=file.chunks.len()).map(|index| file.size_of_chunk(index)).collect::<Vec<_>>()
        };
        assert_eq!(sizes(0), [None]);
        assert_eq!(sizes(10), [Some(10), None]);
        assert_eq!(sizes(25), [Some(10), Some(10), Some(5), None]);
    }

    #[test]
    fn what_is_missing_is_known() {
        let mut file = file(25);
        file.chunks[1] = Some(Chunk { object: "o".into(), size: 10, sha256: [0; 32] });
        assert_eq!(file.missing(), [0, 2]);
        assert_eq!(file.objects(), ["o"]);
    }
}
