//! Which requests are made to fail: an exact share of them, evenly spread.

use std::sync::{Mutex, PoisonError};

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// What comes next.
    Ordinary,
    /// A login with a wrong password.
    WrongPassword,
    /// A file that is not there.
    MissingFile,
}

/// Deals out turns.
pub struct Mix {
    failures: f64,
    /// Failures that are due, and how many there have been.
    state: Mutex<(f64, u64)>,
}

impl Mix {
    /// `failures` is their share, from 0 to 1.
    pub fn new(failures: f64) -> Self {
        Self { failures, state: Mutex::new((0.0, 0)) }
    }

    /// The next turn.
    pub fn next(&self) -> Turn {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, failed) = &mut *state;
        *due += self.failures;
        // sums of shares such as 0.1 fall short of 1 by a little
        if *due < 1.0 - 1e-9 {
            return Turn::Ordinary;
        }
        *due -= 1.0;
        *failed += 1;
        if *failed % 2 == 1 { Turn::WrongPassword } else { Turn::MissingFile }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(failures: f64, turns: usize, kind: Turn) -> usize {
        let mix = Mix::new(failures);
        (0..turns).filter(|_| mix.next() == kind).count()
    }

    #[test]
    fn the_share_is_exact_and_half_of_each_kind() {
        assert_eq!(count(0.0, 1000, Turn::Ordinary), 1000);
        assert_eq!(count(0.1, 1000, Turn::WrongPassword), 50);
        assert_eq!(count(0.1, 1000, Turn::MissingFile), 50);
        assert_eq!(count(0.5, 100, Turn::Ordinary), 50);
    }
}
