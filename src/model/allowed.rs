//! The values that a key allows, and what is wrong with a value that it does not allow
//! (`ConfigDef.parseType` and its validators).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::{ConfigType, distinct_items, list_items, repeated_item};
use super::suggest::closest;

/// The values that a key allows, beyond what its type says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Allowed {
    /// Every value of the type.
    #[default]
    Any,
    /// Text that is not empty.
    NotEmpty,
    /// A number between two others, both included.
    Range {
        /// The smallest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// The largest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
        /// A number outside of the range that is allowed too, such as -1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        or: Option<i64>,
    },
    /// One of these.
    OneOf {
        /// The choice.
        values: Vec<String>,
        /// Whether case is ignored.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ignore_case: bool,
    },
    /// A list of these.
    ListOf {
        /// The choice.
        values: Vec<String>,
    },
    /// Text of a form that is not checked here; holds Kafka's description of it.
    Form(String),
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// What the value must be; completes "must be …".
    Must(String),
    /// The allowed items in words, and the item that is none of them.
    Takes {
        choice: String,
        item: String,
        meant: Option<String>,
    },
    /// An item that is in a list more than once, and the list with each item once.
    Repeats { item: String, meant: String },
}

/// A value that a key cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    message: String,
    meant: Option<String>,
}

impl Invalid {
    /// An error for `value` of `key`, which allows `allowed`. Another version of Kafka may allow more.
    pub(super) fn new(
        key: &str,
        value: &str,
        wrong: Wrong,
        allowed: &Allowed,
        older: Option<(&str, &Allowed)>,
    ) -> Self {
        let about_type =
            matches!(&wrong, Wrong::Must(what) if allowed.words().as_ref() != Some(what));
        let older = older.filter(|(_, older)| !about_type && *older != allowed);
        let older = older.and_then(|(kafka, older)| {
            let words = older.words()?;
            Some(format!(" (on Kafka {kafka} {words})"))
        });
        let older = older.unwrap_or_default();
        match wrong {
            Wrong::Must(what) => Self {
                message: format!("`{key}` must be {what}{older}, not {}", shown(value)),
                meant: None,
            },
            Wrong::Takes {
                choice,
                item,
                meant,
            } => Self {
                message: format!("`{key}` takes {choice}{older}, not {}", shown(&item)),
                meant,
            },
            Wrong::Repeats { item, meant } => Self {
                message: format!("`{key}` has {} more than once in its list", shown(&item)),
                meant: Some(meant),
            },
        }
    }

    /// The allowed value that is most likely meant.
    #[must_use]
    pub fn meant(&self) -> Option<&str> {
        self.meant.as_deref()
    }
}

/// A number as it is, other text in backticks; long text is cut.
fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    if value.parse::<f64>().is_ok_and(f64::is_finite) {
        return value.to_owned();
    }
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &value[..end]),
        None => format!("`{value}`"),
    }
}

impl Allowed {
    /// `min` or more, or `or`.
    #[must_use]
    pub fn at_least_or(min: i64, or: i64) -> Self {
        Self::Range {
            min: Some(min),
            max: None,
            or: Some(or),
        }
    }

    /// Whether every value of the type is allowed.
    #[must_use]
    pub fn is_any(&self) -> bool {
        *self == Self::Any
    }

    /// The allowed values in words that complete "must be …" or "takes …"; none if the type allows all.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Any => None,
            Self::NotEmpty => Some("text that is not empty".to_owned()),
            Self::Range { min, max, or } => range_words(*min, *max, *or),
            Self::OneOf { values, .. } => Some(choice(values, "or")),
            Self::ListOf { values } if values.len() == 2 => {
                Some(format!("`{}`, `{}` or both", values[0], values[1]))
            }
            Self::ListOf { values } => Some(format!("any of {}", choice(values, "and"))),
            Self::Form(form) => Some(form.clone()),
        }
    }

    pub(super) fn check(&self, config_type: ConfigType, value: &str) -> Result<(), Wrong> {
        let text = value.trim();
        match config_type {
            ConfigType::Boolean => boolean(text),
            ConfigType::Short => self.integer(text, i16::MIN.into(), i16::MAX.into()),
            ConfigType::Int => self.integer(text, i32::MIN.into(), i32::MAX.into()),
            ConfigType::Long => self.integer(text, i64::MIN, i64::MAX),
            ConfigType::Double => self.double(text),
            ConfigType::List => self.items(text),
            ConfigType::String | ConfigType::Class | ConfigType::Password | ConfigType::Unknown => {
                self.text(text)
            }
        }
    }

    fn bounds(&self) -> [Option<i64>; 3] {
        match self {
            Self::Range { min, max, or } => [*min, *max, *or],
            _ => [None; 3],
        }
    }

    fn integer(&self, text: &str, least: i64, most: i64) -> Result<(), Wrong> {
        let Ok(number) = text.parse::<i64>() else {
            return Err(Wrong::Must("a whole number".to_owned()));
        };
        let [min, max, or] = self.bounds();
        let inside = min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max);
        if !inside && or != Some(number) {
            return Err(Wrong::Must(self.words().unwrap_or_default()));
        }
        let (below, above) = (number < least, number > most);
        match range_words(below.then_some(least), above.then_some(most), None) {
            None => Ok(()),
            Some(words) => Err(Wrong::Must(words)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "bounds of ratios are small")]
    fn double(&self, text: &str) -> Result<(), Wrong> {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(number) = number else {
            return Err(Wrong::Must("a number".to_owned()));
        };
        let [min, max, _] = self.bounds();
        let inside = min.is_none_or(|min| number >= min as f64)
            && max.is_none_or(|max| number <= max as f64);
        if inside {
            return Ok(());
        }
        Err(Wrong::Must(self.words().unwrap_or_default()))
    }

    fn items(&self, text: &str) -> Result<(), Wrong> {
        if let Self::ListOf { values } = self {
            let is_none = |item: &&str| !values.iter().any(|value| value == item);
            if let Some(item) = list_items(text).find(is_none) {
                return Err(self.other(item, values));
            }
        }
        // Kafka 4 removes duplicates and logs a warning; older brokers store the list as it is.
        if let Some(item) = repeated_item(text) {
            return Err(Wrong::Repeats {
                item: item.to_owned(),
                meant: distinct_items(text).join(","),
            });
        }
        self.text(text)
    }

    fn text(&self, text: &str) -> Result<(), Wrong> {
        match self {
            Self::NotEmpty if text.is_empty() => Err(Wrong::Must(self.words().unwrap_or_default())),
            Self::OneOf {
                values,
                ignore_case,
            } => {
                let same = |value: &String| {
                    value == text || (*ignore_case && value.eq_ignore_ascii_case(text))
                };
                if values.iter().any(same) {
                    Ok(())
                } else {
                    Err(self.other(text, values))
                }
            }
            _ => Ok(()),
        }
    }

    fn other(&self, item: &str, values: &[String]) -> Wrong {
        let names = || values.iter().map(String::as_str);
        let same = names().find(|name| name.eq_ignore_ascii_case(item));
        Wrong::Takes {
            choice: self.words().unwrap_or_default(),
            item: item.to_owned(),
            meant: same.or_else(|| closest(item, names())).map(str::to_owned),
        }
    }
}

fn boolean(text: &str) -> Result<(), Wrong> {
    if ["true", "false"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
    {
        return Ok(());
    }
    Err(Wrong::Must("`true` or `false`".to_owned()))
}

fn range_words(min: Option<i64>, max: Option<i64>, or: Option<i64>) -> Option<String> {
    if let (Some(min), None, Some(or)) = (min, max, or)
        && or.checked_add(1) == Some(min)
    {
        return Some(format!("at least {or}"));
    }
    let range = match (min, max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => return None,
    };
    Some(match or {
        Some(or) => format!("{or} or {range}"),
        None => range,
    })
}

/// `a`, `b` or `c`.
fn choice(values: &[String], last: &str) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    match quoted.split_last() {
        Some((end, start)) if !start.is_empty() => {
            format!("{} {last} {end}", start.join(", "))
        }
        _ => quoted.concat(),
    }
}
