//! Random names and secrets, and what of them is kept.

use sha2::{Digest, Sha256};

/// A name that nobody guesses: 128 random bits in hexadecimal digits.
pub fn new_id() -> String {
    hex(&random::<16>())
}

/// The secret of a session or of a link: 256 random bits in hexadecimal digits.
pub fn new_token() -> String {
    hex(&random::<32>())
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // without randomness no token is safe, and there is nothing else to serve
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Of a token only this is kept: who reads the session store cannot use what is in it.
pub fn digest_of(token: &str) -> String {
    hex(&sha256(token.as_bytes()))
}

/// SHA-256.
pub fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

/// Hexadecimal digits, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        assert_eq!(new_token().len(), 64);
        assert_ne!(new_token(), new_token());
        assert_ne!(digest_of("a"), digest_of("b"));
        assert_eq!(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
