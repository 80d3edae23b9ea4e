//! Objects as files of a folder.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::fs;

use super::objects::{Answer, ObjectStore};
use crate::tokens::new_id;

/// The folder's part that belongs to this store.
const PART: &str = "chunks";

/// Objects as files below `<folder>/chunks`.
#[derive(Debug)]
pub struct DiskStore {
    root: PathBuf,
}

impl DiskStore {
    /// Opens a folder. What an earlier process left there is removed: who it belonged to was in that process's memory.
    pub async fn open(folder: &Path) -> io::Result<Self> {
        let root = folder.join(PART);
        match fs::remove_dir_all(&root).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&root).await?,
        }
        let store = Self { root };
        store.check().await?;
        Ok(store)
    }

    fn path(&self, key: &str) -> io::Result<PathBuf> {
        let fine =
            key.split('/').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'));
        if fine { Ok(self.root.join(key)) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a key")) }
    }

    async fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        // renamed when whole, so that no reader sees a part
        let partial = self.root.join(format!("partial-{}", new_id()));
        let written = async {
            fs::write(&partial, content).await?;
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).await?;
            }
            fs::rename(&partial, path).await
        };
        let result = written.await;
        if result.is_err() {
            let _ = fs::remove_file(&partial).await;
        }
        result
    }
}

impl ObjectStore for DiskStore {
    fn put<'a>(&'a self, key: &'a str, content: Bytes) -> Answer<'a, ()> {
        Box::pin(async move { self.write(&self.path(key)?, &content).await })
    }

    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Bytes> {
        Box::pin(async move { Ok(Bytes::from(fs::read(self.path(key)?).await?)) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let path = self.path(key)?;
            match fs::remove_file(&path).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // the last chunk of a file takes the folder with it; the others find it not empty
            if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
                let _ = fs::remove_dir(parent).await;
            }
            Ok(())
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let probe = self.root.join(format!("probe-{}", new_id()));
            fs::write(&probe, b"ok").await?;
            fs::remove_file(&probe).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn objects_are_kept_replaced_and_forgotten_with_their_folder() {
        let folder = std::env::temp_dir().join(format!("files-disk-{}", new_id()));
        fs::create_dir_all(&folder).await.unwrap();
        fs::write(folder.join("other"), "stays").await.unwrap();
        let store = DiskStore::open(&folder).await.unwrap();
        store.put("ab/0-cd", Bytes::from_static(b"first")).await.unwrap();
        store.put("ab/0-cd", Bytes::from_static(b"second")).await.unwrap();
        assert_eq!(store.get("ab/0-cd").await.unwrap(), "second");
        store.delete("ab/0-cd").await.unwrap();
        store.delete("ab/0-cd").await.unwrap();
        assert!(!folder.join("chunks/ab").exists());
        assert_eq!(store.get("ab/0-cd").await.unwrap_err().kind(), io::ErrorKind::NotFound);
        for key in ["../other", "ab/../../other", "/etc/passwd", "", "ab//cd"] {
            assert_eq!(store.get(key).await.unwrap_err().kind(), io::ErrorKind::InvalidInput, "{key}");
        }
        store.put("ab/1-cd", Bytes::from_static(b"left over")).await.unwrap();
        let again = DiskStore::open(&folder).await.unwrap();
        assert!(again.get("ab/1-cd").await.is_err());
        assert!(folder.join("other").exists());
        fs::remove_dir_all(&folder).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_noticed() {
        let folder = std::env::temp_dir().join(format!("files-disk-{}", new_id()));
        fs::create_dir_all(&folder).await.unwrap();
        let store = DiskStore::open(&folder).await.unwrap();
        fs::remove_dir_all(&folder).await.unwrap();
        assert!(store.check().await.is_err());
    }
}
