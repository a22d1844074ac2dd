//! Counts, ranges and long lists in words.

use std::borrow::Borrow;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

/// The variant of an enum that documents give this word.
#[must_use]
pub fn of_word<'a, T: Deserialize<'a>>(word: &'a str) -> Option<T> {
    let word: StrDeserializer<'_, Error> = word.into_deserializer();
    T::deserialize(word).ok()
}

/// `1 topic`, `2 topics`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    counted(number, noun, &format!("{noun}s"))
}

/// `1 broker is`, `2 brokers are`.
#[must_use]
pub fn counted(number: usize, one: &str, many: &str) -> String {
    let words = if number == 1 { one } else { many };
    format!("{number} {words}")
}

/// `1 record`, `2 records`.
#[must_use]
pub fn records(number: i64) -> String {
    let word = if number == 1 { "record" } else { "records" };
    format!("{number} {word}")
}

/// The first texts of a list, at most `most`, and the number of the others.
#[must_use]
pub fn shorten<T: Borrow<str>>(texts: &[T], most: usize) -> String {
    match texts.len().saturating_sub(most) {
        0 => texts.join(", "),
        more => format!("{} and {more} more", texts[..most].join(", ")),
    }
}

/// `0-2,5`: ordered numbers, with consecutive ones joined.
#[must_use]
pub fn ranges(numbers: &[i32]) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if i64::from(*last) + 1 == i64::from(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let texts: Vec<String> = runs
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => first.to_string(),
            _ => format!("{first}-{last}"),
        })
        .collect();
    texts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_partitions_are_joined() {
        assert_eq!(ranges(&[0, 1, 2, 5]), "0-2,5");
        assert_eq!(ranges(&[]), "");
        assert_eq!(ranges(&[7]), "7");
    }
}
