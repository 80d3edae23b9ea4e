//! Passwords are kept as Argon2id hashes; hashing is slow by design and stays off the threads that serve requests.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::tokens::{new_token, random};

/// Memory of one hash, in KiB; with two passes the least that OWASP recommends.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes at a time: more would only take memory from each other.
const AT_A_TIME: usize = 2;

/// Makes and checks hashes.
pub struct Passwords {
    hasher: Argon2<'static>,
    slots: Arc<Semaphore>,
    /// Checked for accounts that do not exist, so that they take as long as those that do.
    decoy: String,
}

impl Passwords {
    /// Ready to hash.
    pub fn new() -> Result<Self, Failure> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| Failure::broken("argon2", &error))?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash_with(&hasher, &new_token())?;
        Ok(Self { hasher, slots: Arc::new(Semaphore::new(AT_A_TIME)), decoy })
    }

    /// What is kept of a password.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        let hasher = self.hasher.clone();
        self.run(move || hash_with(&hasher, &password)).await?
    }

    /// Whether it is the password of this hash; without one, that of nobody.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        let hasher = self.hasher.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        self.run(move || {
            let parsed = PasswordHash::new(&hash).map_err(|error| Failure::broken("argon2", &error))?;
            Ok(hasher.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|error| Failure::broken("slots", &error))?;
        let task = tokio::task::spawn_blocking(move || {
            // held until the work is done, even when the request that wanted it is gone
            let _slot = slot;
            work()
        });
        task.await.map_err(|error| Failure::broken("hashing", &error))
    }
}

fn hash_with(hasher: &Argon2<'_>, password: &str) -> Result<String, Failure> {
    let salt = SaltString::encode_b64(&random::<16>()).map_err(|error| Failure::broken("salt", &error))?;
    let hash = hasher.hash_password(password.as_bytes(), &salt).map_err(|error| Failure::broken("argon2", &error))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_of_one_password_and_never_the_same() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap());
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
    }
}
