//! Files: uploads in chunks, listing, reading, deletion, links for those without an account.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::failure::{Failure, Kind};
use crate::logs;
use crate::metrics::Metrics;
use crate::settings::Limits;
use crate::store::database::Database;
use crate::store::objects::Objects;
use crate::store::records::{Chunk, File};
use crate::store::sessions::Sessions;
use crate::tokens::{digest_of, new_id, new_token, sha256};

/// Bytes of a file's name.
const NAME: std::ops::RangeInclusive<usize> = 1..=255;
/// Uploads of which nothing was received for so long are removed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The files of all accounts.
pub struct Library {
    database: Arc<Database>,
    sessions: Arc<Sessions>,
    objects: Objects,
    metrics: Arc<Metrics>,
    limits: Limits,
}

impl Library {
    /// Over these stores.
    pub fn new(
        database: Arc<Database>,
        sessions: Arc<Sessions>,
        objects: Objects,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        Self { database, sessions, objects, metrics, limits }
    }

    /// Begins the upload of a file of `size` bytes.
    pub fn begin(&self, owner: &str, name: String, size: u64) -> Result<File, Failure> {
        if !NAME.contains(&name.len()) || name.contains(['/', '\\']) || name.chars().any(char::is_control) {
            let (least, most) = (NAME.start(), NAME.end());
            let message = format!("A file's name has {least} to {most} bytes, no slashes, no control characters.");
            return Err(Failure::invalid("invalid_name", message));
        }
        if size > self.limits.file {
            let message = format!("The file has {size} bytes; {} are the most.", self.limits.file);
            return Err(Failure::new(Kind::TooLarge, "file_too_large", message));
        }
        let file = File::new(new_id(), owner.to_owned(), name, size, self.limits.chunk);
        self.database.insert_file(file.clone())?;
        Ok(file)
    }

    /// A file of this account, or the upload of one.
    pub fn file(&self, owner: &str, id: &str) -> Result<File, Failure> {
        self.database.file(id).filter(|file| file.owner == owner).ok_or_else(Failure::no_file)
    }

    /// Files of this account by id, those after `after`.
    pub fn list(&self, owner: &str, after: &str, count: usize) -> Vec<File> {
        self.database.files_of(owner, after, count)
    }

    /// Size that the chunk of an upload has to have.
    pub fn expected(&self, owner: &str, id: &str, index: usize) -> Result<u64, Failure> {
        let file = self.file(owner, id)?;
        file.size_of_chunk(index).ok_or_else(|| no_chunk(&file))
    }

    /// Keeps a chunk; one that was there is replaced. `digest` is what the client says that it sent.
    pub async fn put_chunk(
        &self,
        id: &str,
        index: usize,
        content: Bytes,
        digest: Option<[u8; 32]>,
    ) -> Result<(), Failure> {
        let size = content.len() as u64;
        let sha256 = sha256(&content);
        if digest.is_some_and(|digest| digest != sha256) {
            let message = "The content does not have the digest that was sent with it. Send it again.";
            return Err(Failure::invalid("digest_mismatch", message));
        }
        // a key that was never used: whoever reads the chunk that this one replaces still gets it whole
        let object = format!("{id}/{index}-{}", new_id());
        self.objects.put(&object, content).await.map_err(|error| Failure::unavailable("object store", &error))?;
        match self.database.set_chunk(id, index, Chunk { object: object.clone(), size, sha256 }) {
            Ok(replaced) => self.forget(replaced.map(|chunk| chunk.object)).await,
            Err(failure) => {
                self.forget([object]).await;
                return Err(failure);
            }
        }
        self.metrics.file_upload_bytes.inc_by(size);
        Ok(())
    }

    /// Ends an upload: from now on it is a file.
    pub fn complete(&self, owner: &str, id: &str) -> Result<File, Failure> {
        self.file(owner, id)?;
        let file = self.database.complete(id)?;
        self.metrics.file_uploads.inc();
        Ok(file)
    }

    /// The content of a chunk, as it was received.
    pub async fn read_chunk(&self, file: &File, index: usize) -> Result<Bytes, Failure> {
        let chunk = file.chunks.get(index).and_then(Option::as_ref).ok_or_else(|| no_chunk(file))?;
        let content =
            self.objects.get(&chunk.object).await.map_err(|error| Failure::unavailable("object store", &error))?;
        if sha256(&content) != chunk.sha256 {
            return Err(Failure::broken("object store", &format!("{} is not what was put", chunk.object)));
        }
        Ok(content)
    }

    /// Removes a file of this account.
    pub async fn delete(&self, owner: &str, id: &str) -> Result<(), Failure> {
        self.file(owner, id)?;
        self.forget(self.database.delete_file(id)).await;
        Ok(())
    }

    /// Removes an account with everything that belongs to it.
    pub async fn delete_account(&self, account: &str) {
        self.forget(self.database.delete_account(account)).await;
    }

    /// The token of a link with which anybody can read this file.
    pub fn share(&self, owner: &str, id: &str, lifetime: Duration) -> Result<String, Failure> {
        require_complete(self.file(owner, id)?)?;
        let token = new_token();
        self.sessions.set(link_key(&token), id.to_owned(), lifetime)?;
        Ok(token)
    }

    /// The file that a link is for.
    pub fn shared(&self, token: &str) -> Result<File, Failure> {
        let id = self.sessions.get(&link_key(token));
        id.and_then(|id| self.database.file(&id)).ok_or_else(|| {
            let message = "There is no such link, or it has expired, or its file is gone. Ask for another.";
            Failure::new(Kind::NotFound, "link_not_found", message)
        })
    }

    /// Whether the stores answer, and contents can be kept.
    pub async fn check(&self) -> Result<(), Failure> {
        self.sessions.ping();
        self.objects.check().await.map_err(|error| Failure::unavailable("object store", &error))
    }

    /// Removes what has expired.
    pub async fn sweep(&self) {
        self.sessions.sweep();
        self.forget(self.database.delete_abandoned(ABANDONED)).await;
    }

    /// Contents that nothing names any more. Failing leaves only waste, which the next start removes.
    async fn forget(&self, objects: impl IntoIterator<Item = String>) {
        for object in objects {
            if let Err(error) = self.objects.delete(&object).await {
                let fields = [("object", object.into()), ("cause", error.to_string().into())];
                logs::warning("files.library", "content not removed", &fields);
            }
        }
    }
}

/// A file that can be read.
pub fn require_complete(file: File) -> Result<File, Failure> {
    if file.complete {
        return Ok(file);
    }
    Err(Failure::new(Kind::Conflict, "not_complete", "The upload of this file is not complete."))
}

fn no_chunk(file: &File) -> Failure {
    let message =
        format!("The file has {} chunks, counted from 0; this one is none, or not there yet.", file.chunks.len());
    Failure::new(Kind::NotFound, "chunk_not_found", message)
}

fn link_key(token: &str) -> String {
    format!("link:{}", digest_of(token))
}
