//! Why a request could not be met, in the words of its client.

use std::fmt::{self, Display};

use crate::logs;

/// A failure with its code, for programs, and its message, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Whose fault it is and what kind.
    pub kind: Kind,
    /// Such as `file_not_found`.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Kinds of failures, each with a status of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong in itself.
    Invalid,
    /// Not asked in a way that this path knows.
    Method,
    /// Nobody that may ask for it.
    Unauthorized,
    /// The bounds of the account.
    Forbidden,
    /// Not there, or not this account's.
    NotFound,
    /// Does not go with what there is.
    Conflict,
    /// More than is allowed in one piece.
    TooLarge,
    /// The client sent it too slowly.
    Timeout,
    /// No room left for anybody.
    Full,
    /// What the service rests on does not do its part.
    Unavailable,
    /// A mistake of the service.
    Broken,
}

impl Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// Any failure.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into() }
    }

    /// A wrong value.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// What the client cannot help; the cause goes to the log.
    pub fn broken(part: &'static str, cause: &dyn Display) -> Self {
        logs::error("files", "internal error", &[("part", part.into()), ("cause", cause.to_string().into())]);
        Self::new(Kind::Broken, "internal_error", "The service made a mistake; its log says which. Try again later.")
    }

    /// A store that does not answer; the cause goes to the log.
    pub fn unavailable(part: &'static str, cause: &dyn Display) -> Self {
        logs::error("files", "store unavailable", &[("part", part.into()), ("cause", cause.to_string().into())]);
        let message = format!("The {part} does not answer. Try again later.");
        Self::new(Kind::Unavailable, "unavailable", message)
    }

    /// A file that is not there; somebody else's is not there either.
    pub fn no_file() -> Self {
        Self::new(Kind::NotFound, "file_not_found", "This account has no such file.")
    }
}
