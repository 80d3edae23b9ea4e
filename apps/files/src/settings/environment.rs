//! Reads settings from the environment: every problem is found before any is reported, and nothing unknown is accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What is wrong with one setting, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub name: String,
    /// What it was set to, if it was.
    pub value: Option<String>,
    /// What it breaks.
    pub rule: String,
    /// What to do.
    pub fix: String,
}

impl Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.name)?;
        if let Some(value) = &self.value {
            write!(out, " (is \"{value}\")")?;
        }
        write!(out, " {}. {}.", self.rule, self.fix)
    }
}

/// Every problem of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError(pub Vec<Problem>);

impl Display for ConfigurationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|problem| format!("  - {problem}")).collect();
        write!(out, "{}", lines.join("\n"))
    }
}

impl std::error::Error for ConfigurationError {}

/// Variables of one process. What is read is known; what begins like a setting and is not known is refused by `finish`.
pub struct Environment {
    prefix: &'static str,
    values: BTreeMap<String, String>,
    known: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl Environment {
    /// `prefix` is that of the settings, such as `FILES_`.
    pub fn new(prefix: &'static str, values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { prefix, values: values.into_iter().collect(), known: BTreeSet::new(), problems: Vec::new() }
    }

    /// A text; an empty one is none.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.insert(name);
        self.values.get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// A number within `range`, `default` when it is not set.
    pub fn number<N>(&mut self, name: &'static str, default: N, range: RangeInclusive<N>) -> N
    where
        N: FromStr + PartialOrd + Display + Copy + Kind,
    {
        let Some(text) = self.text(name) else { return default };
        match text.parse::<N>() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let rule = format!("must be {} from {} to {}", N::KIND, range.start(), range.end());
                self.refuse(name, rule, "Change it");
                default
            }
        }
    }

    /// What a text stands for; `rule` says what is accepted.
    pub fn parsed<T: FromStr>(&mut self, name: &'static str, default: T, rule: &str, fix: &str) -> T {
        let Some(text) = self.text(name) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.refuse(name, rule, fix);
            default
        })
    }

    /// Remembers a problem with the value that `name` has.
    pub fn refuse(&mut self, name: &'static str, rule: impl Into<String>, fix: impl Into<String>) {
        let value = self.text(name);
        self.problems.push(Problem { name: name.to_owned(), value, rule: rule.into(), fix: fix.into() });
    }

    /// All problems there were, and the variables that nobody asked for.
    pub fn finish(mut self) -> Result<(), ConfigurationError> {
        let unknown = self.values.keys().filter(|name| name.starts_with(self.prefix) && !self.known.contains(&***name));
        let refused: Vec<Problem> = unknown.map(|name| self.unknown(name)).collect();
        self.problems.extend(refused);
        self.problems.sort_by(|a, b| a.name.cmp(&b.name));
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigurationError(self.problems)) }
    }

    fn unknown(&self, name: &str) -> Problem {
        // FILES_SERVICE_HOST, FILES_PORT_8080_TCP and the like, for a Service called files
        let linked = name.contains("_SERVICE_") || name.contains("_TCP");
        let settings = self.known.iter().filter(|known| known.starts_with(self.prefix));
        let nearest = settings.map(|known| (distance(name, known), *known)).min();
        let fix = match nearest {
            _ if linked => {
                "Kubernetes adds it for a Service of that name: set enableServiceLinks: false for the pod".to_owned()
            }
            Some((distance, known)) if distance <= name.len() / 3 => {
                format!("Remove it, or write {known} if that is meant")
            }
            _ => "Remove it".to_owned(),
        };
        Problem { name: name.to_owned(), value: None, rule: "is not a setting of this service".to_owned(), fix }
    }
}

/// What a kind of number is called in a message.
pub trait Kind {
    /// Its name with an article.
    const KIND: &'static str;
}

impl Kind for u16 {
    const KIND: &'static str = "a whole number";
}

impl Kind for u64 {
    const KIND: &'static str = "a whole number";
}

impl Kind for f64 {
    const KIND: &'static str = "a number";
}

/// Edits that make one text of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("FILES_PORT", "FILES_PORT"), 0);
    }
}
