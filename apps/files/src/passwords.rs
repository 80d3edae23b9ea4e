//! Passwords are kept as Argon2id hashes; hashing is slow by design and stays off the threads that serve requests.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::tokens::random;

/// Memory of one hash, in KiB; with two passes the least that OWASP recommends.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes at a time: more would only take memory from each other.
const AT_A_TIME: usize = 2;

/// What is kept of a password.
#[derive(Clone)]
pub struct Hashed {
    salt: [u8; 16],
    hash: [u8; 32],
}

/// Makes and checks hashes.
pub struct Passwords {
    hasher: Arc<Hasher>,
    slots: Arc<Semaphore>,
    /// Compared for accounts that do not exist, so that they take as long as those that do.
    decoy: Hashed,
}

struct Hasher {
    argon2: Argon2<'static>,
    /// Used again and again: an allocator would keep such pieces anyway, and more of them.
    memory: Mutex<Vec<Vec<Block>>>,
}

impl Passwords {
    /// Ready to hash.
    pub fn new() -> Result<Self, Failure> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| Failure::broken("argon2", &error))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hasher = Arc::new(Hasher { argon2, memory: Mutex::default() });
        let decoy = Hashed { salt: random(), hash: random() };
        Ok(Self { hasher, slots: Arc::new(Semaphore::new(AT_A_TIME)), decoy })
    }

    /// What is to be kept of a password.
    pub async fn hash(&self, password: String) -> Result<Hashed, Failure> {
        let salt = random();
        Ok(Hashed { salt, hash: self.run(password, salt).await? })
    }

    /// Whether it is the password of which this was kept; without it, that of nobody.
    pub async fn verify(&self, password: String, kept: Option<Hashed>) -> Result<bool, Failure> {
        let known = kept.is_some();
        let Hashed { salt, hash } = kept.unwrap_or_else(|| self.decoy.clone());
        Ok(equal(&self.run(password, salt).await?, &hash) && known)
    }

    async fn run(&self, password: String, salt: [u8; 16]) -> Result<[u8; 32], Failure> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|error| Failure::broken("slots", &error))?;
        let hasher = self.hasher.clone();
        let task = tokio::task::spawn_blocking(move || {
            // held until the work is done, even when the request that wanted it is gone
            let _slot = slot;
            hasher.hash(password.as_bytes(), &salt)
        });
        task.await.map_err(|error| Failure::broken("hashing", &error))?
    }
}

impl Hasher {
    fn hash(&self, password: &[u8], salt: &[u8]) -> Result<[u8; 32], Failure> {
        let kept = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_else(|| vec![Block::default(); self.argon2.params().block_count()]);
        let mut hash = [0; 32];
        let result = self.argon2.hash_password_into_with_memory(password, salt, &mut hash, &mut memory);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        result.map_err(|error| Failure::broken("argon2", &error))?;
        Ok(hash)
    }
}

/// Compares all of it, wherever they differ first.
fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::hex;

    #[test]
    fn hashes_are_those_of_argon2id() {
        // what OpenSSL makes of the same
        let expected = "2b5dc4054886ec957ef59c73b661c54dd6fb274590b278f657c6d96aac8fa6d1";
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hasher.hash(b"password", b"somesaltsomesalt").unwrap();
        assert_eq!(hex(&hash), expected);
        let again = passwords.hasher.hash(b"password", b"somesaltsomesalt").unwrap();
        assert_eq!(hash, again);
        assert_eq!(passwords.hasher.memory.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_hash_is_of_one_password_and_never_the_same() {
        let passwords = Passwords::new().unwrap();
        let kept = passwords.hash("correct horse".into()).await.unwrap();
        assert_ne!(kept.hash, passwords.hash("correct horse".into()).await.unwrap().hash);
        assert!(passwords.verify("correct horse".into(), Some(kept.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(kept)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
    }
}
