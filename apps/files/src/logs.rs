//! Logs as one JSON object per line on standard output. Nothing here ever gets a password or a token.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::settings::Level;

static LEAST: AtomicU8 = AtomicU8::new(Level::Info as u8);

/// Drops what is below this level.
pub fn set_level(level: Level) {
    LEAST.store(level as u8, Ordering::Relaxed);
}

/// Whether this level is written, for fields that are costly to make.
pub fn enabled(level: Level) -> bool {
    level as u8 >= LEAST.load(Ordering::Relaxed)
}

/// Writes a line: `time`, `level`, `logger`, `event`, then the fields.
pub fn write(level: Level, logger: &str, event: &str, fields: &[(&str, Value)]) {
    if !enabled(level) {
        return;
    }
    let line = entry(SystemTime::now(), level, logger, event, fields);
    // a log that nobody reads is no reason to end
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

/// `logs::info("files.server", "listening", &[("port", port.into())])`
pub fn info(logger: &str, event: &str, fields: &[(&str, Value)]) {
    write(Level::Info, logger, event, fields);
}

/// What should not happen.
pub fn warning(logger: &str, event: &str, fields: &[(&str, Value)]) {
    write(Level::Warning, logger, event, fields);
}

/// What somebody has to look at.
pub fn error(logger: &str, event: &str, fields: &[(&str, Value)]) {
    write(Level::Error, logger, event, fields);
}

fn entry(at: SystemTime, level: Level, logger: &str, event: &str, fields: &[(&str, Value)]) -> String {
    let head = [
        ("time", Value::from(timestamp(at))),
        ("level", level.name().into()),
        ("logger", logger.into()),
        ("event", event.into()),
    ];
    let parts: Vec<String> =
        head.iter().chain(fields).map(|(name, value)| format!("{}:{value}", Value::from(*name))).collect();
    format!("{{{}}}\n", parts.join(","))
}

/// RFC 3339 in UTC with milliseconds.
fn timestamp(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// Year, month and day so many days after 1970-01-01, counted in eras of 400 years that begin in March.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> String {
        timestamp(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(1_767_225_599), "2025-12-31T23:59:59.000Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00.000Z");
    }

    #[test]
    fn a_line_is_one_json_object_whatever_is_in_it() {
        let fields = [("path", Value::from("a\"b\nc")), ("count", Value::from(3))];
        let line = entry(UNIX_EPOCH, Level::Warning, "files.test", "odd", &fields);
        assert_eq!(line.matches('\n').count(), 1);
        let parsed: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["level"], "warning");
        assert_eq!(parsed["path"], "a\"b\nc");
        assert_eq!(parsed["count"], 3);
    }
}
