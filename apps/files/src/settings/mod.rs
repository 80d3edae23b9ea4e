//! The service's settings. They need nothing but the standard library.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

mod environment;

pub use environment::{ConfigurationError, Environment, Problem};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// Most chunks of a file, as S3 has it.
pub const MOST_CHUNKS: u64 = 10_000;

/// How much of what is written to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every request.
    Debug,
    /// What happens now and then.
    Info,
    /// What should not happen.
    Warning,
    /// What somebody has to look at.
    Error,
}

impl Level {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Debug, Self::Info, Self::Warning, Self::Error].into_iter().find(|level| level.name() == text).ok_or(())
    }
}

/// Bounds on what clients may take. Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Of a chunk.
    pub chunk: u64,
    /// Of a file.
    pub file: u64,
    /// Of all files of an account.
    pub account: u64,
    /// Of all files.
    pub store: u64,
    /// Open at a time; further ones wait until one closes.
    pub connections: usize,
    /// After which a session has to be opened anew.
    pub session: Duration,
}

/// The synthetic load that the service puts on itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadSettings {
    /// Requests per second; 0 is none.
    pub rate: f64,
    /// Share of them that is made to fail: half logins with a wrong password, half files that are not there.
    pub failures: f64,
}

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where chunks are kept; in memory without one.
    pub data_dir: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
    /// Time for requests that are under way when it is told to stop.
    pub stop: Duration,
    /// Synthetic load.
    pub load: LoadSettings,
    /// Least level that is logged.
    pub level: Level,
}

impl Settings {
    /// From variables; all problems in one error.
    pub fn read(values: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigurationError> {
        let mut env = Environment::new("FILES_", values);
        // a platform that says which port it expects is obeyed, the service's own setting goes first
        let platform = env.number("PORT", 8080, 1024..=65_535);
        let port: u16 = env.number("FILES_PORT", platform, 1024..=65_535);
        let ip: IpAddr = env.parsed(
            "FILES_ADDRESS",
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            "must be an IP address",
            "Write 0.0.0.0 for all IPv4 ones, :: for all",
        );
        let settings = Self {
            address: SocketAddr::new(ip, port),
            data_dir: read_folder(&mut env),
            limits: read_limits(&mut env),
            stop: Duration::from_secs(env.number("FILES_STOP_SECONDS", 20, 1..=300)),
            load: LoadSettings {
                rate: env.number("FILES_LOAD_RATE", 0.0, 0.0..=200.0),
                failures: env.number("FILES_LOAD_FAILURES", 0.005, 0.0..=0.5),
            },
            level: env.parsed(
                "FILES_LOG_LEVEL",
                Level::Info,
                "must be one of debug, info, warning, error",
                "Write it in lower case",
            ),
        };
        env.finish()?;
        Ok(settings)
    }
}

fn read_limits(env: &mut Environment) -> Limits {
    let limits = Limits {
        chunk: env.number("FILES_CHUNK_BYTES", MIB, KIB..=16 * MIB),
        file: env.number("FILES_FILE_BYTES", 8 * MIB, KIB..=16 * GIB),
        account: env.number("FILES_ACCOUNT_BYTES", 32 * MIB, KIB..=64 * GIB),
        store: env.number("FILES_STORE_BYTES", 64 * MIB, KIB..=1024 * GIB),
        connections: usize::from(env.number::<u16>("FILES_CONNECTIONS", 64, 1..=10_000)),
        session: Duration::from_secs(env.number("FILES_SESSION_SECONDS", 3600, 10..=2_592_000)),
    };
    let sizes = [
        ("FILES_CHUNK_BYTES", limits.chunk),
        ("FILES_FILE_BYTES", limits.file),
        ("FILES_ACCOUNT_BYTES", limits.account),
        ("FILES_STORE_BYTES", limits.store),
    ];
    for ((name, size), (above, most)) in sizes.iter().zip(&sizes[1..]) {
        if size > most {
            env.refuse(
                name,
                format!("allows {size}, which is more than {above} with {most}"),
                format!("Raise {above}"),
            );
        }
    }
    if limits.file.div_ceil(limits.chunk) > MOST_CHUNKS {
        let rule = format!("allows more than {MOST_CHUNKS} chunks of {} bytes", limits.chunk);
        env.refuse("FILES_FILE_BYTES", rule, "Lower it, or raise FILES_CHUNK_BYTES");
    }
    limits
}

fn read_folder(env: &mut Environment) -> Option<PathBuf> {
    let folder = PathBuf::from(env.text("FILES_DATA_DIR")?);
    if !folder.is_absolute() || folder == Path::new("/") || !folder.is_dir() {
        let fix = "Mount a folder that this user may write, or leave the setting out: files are then in memory";
        env.refuse("FILES_DATA_DIR", "must be the absolute path of a folder that is there", fix);
    }
    Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Settings, ConfigurationError> {
        Settings::read(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn nothing_has_to_be_set() {
        let settings = read(&[("HOME", "/root"), ("FILES_LOAD_RATE", " ")]).unwrap();
        assert_eq!(settings.address.to_string(), "0.0.0.0:8080");
        assert_eq!(settings.data_dir, None);
        assert_eq!(settings.load, LoadSettings { rate: 0.0, failures: 0.005 });
        assert_eq!(settings.limits.chunk, MIB);
        assert_eq!(settings.level, Level::Info);
    }

    #[test]
    fn the_platform_may_name_the_port() {
        assert_eq!(read(&[("PORT", "9000")]).unwrap().address.port(), 9000);
        assert_eq!(read(&[("PORT", "9000"), ("FILES_PORT", "9001")]).unwrap().address.port(), 9001);
        let settings = read(&[("FILES_ADDRESS", "::"), ("FILES_LOAD_RATE", "2.5")]).unwrap();
        assert_eq!(settings.address.to_string(), "[::]:8080");
        assert_eq!(settings.load.rate, 2.5);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let error = read(&[
            ("FILES_ADDRESS", "everywhere"),
            ("FILES_DATA_DIR", "relative"),
            ("FILES_LOAD_FAILURES", "NaN"),
            ("FILES_LOAD_RAT", "2"),
            ("FILES_LOG_LEVEL", "INFO"),
            ("FILES_PORT", "80"),
            ("FILES_STOP_SECONDS", "soon"),
        ])
        .unwrap_err()
        .to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 7, "{error}");
        assert_eq!(
            lines[0],
            "  - FILES_ADDRESS (is \"everywhere\") must be an IP address. Write 0.0.0.0 for all IPv4 ones, :: for all."
        );
        assert!(
            lines[1].contains("FILES_DATA_DIR (is \"relative\") must be the absolute path of a folder that is there.")
        );
        assert!(lines[2].contains("FILES_LOAD_FAILURES (is \"NaN\") must be a number from 0 to 0.5."));
        assert_eq!(
            lines[3],
            "  - FILES_LOAD_RAT is not a setting of this service. Remove it, or write FILES_LOAD_RATE if that is meant."
        );
        assert!(lines[4].contains("must be one of debug, info, warning, error"));
        assert!(lines[5].contains("FILES_PORT (is \"80\") must be a whole number from 1024 to 65535. Change it."));
        assert!(lines[6].contains("FILES_STOP_SECONDS (is \"soon\") must be a whole number from 1 to 300"));
    }

    #[test]
    fn sizes_have_to_fit_into_each_other() {
        let error = read(&[("FILES_CHUNK_BYTES", "2097152"), ("FILES_FILE_BYTES", "1048576")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "  - FILES_CHUNK_BYTES (is \"2097152\") allows 2097152, which is more than FILES_FILE_BYTES with 1048576. \
             Raise FILES_FILE_BYTES."
        );
        let above = "1099511627776";
        let error = read(&[
            ("FILES_CHUNK_BYTES", "1024"),
            ("FILES_FILE_BYTES", "10485760"),
            ("FILES_STORE_BYTES", above),
            ("FILES_ACCOUNT_BYTES", "68719476736"),
        ])
        .unwrap_err();
        assert!(error.to_string().contains("allows more than 10000 chunks of 1024 bytes"), "{error}");
    }

    #[test]
    fn what_kubernetes_adds_for_services_is_explained() {
        let error = read(&[("FILES_SERVICE_HOST", "10.0.0.1"), ("FILES_PORT_8080_TCP", "tcp://10.0.0.1:8080")]);
        let error = error.unwrap_err().to_string();
        assert_eq!(error.matches("set enableServiceLinks: false").count(), 2, "{error}");
    }

    #[test]
    fn a_folder_that_is_there_is_taken() {
        let folder = std::env::temp_dir();
        let settings = read(&[("FILES_DATA_DIR", folder.to_str().unwrap())]).unwrap();
        assert_eq!(settings.data_dir, Some(folder));
        assert!(read(&[("FILES_DATA_DIR", "/")]).is_err());
    }
}
