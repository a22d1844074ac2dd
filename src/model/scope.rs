//! The partitions and groups that a command selects.

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobMatcher};

use super::escape::escape;

/// Partitions by topic; `None` means all partitions.
pub type Parts = BTreeMap<String, Option<BTreeSet<i32>>>;

/// A topic or a pattern of topics, and its partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicScope {
    /// Its name, or the pattern.
    pub name: String,
    /// The partitions' numbers in order; none means all of them.
    pub partitions: Option<Vec<i32>>,
}

/// The selected topics of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topics {
    /// All topics that the group committed for.
    Committed,
    /// These topics, whether the group committed for them or not.
    Named(Vec<TopicScope>),
}

/// The groups and partitions that a command selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupScope {
    /// Groups by id, or patterns of groups.
    pub groups: Vec<String>,
    /// Their topics.
    pub topics: Topics,
    /// Whether names are patterns with `*` and `?`. If not, each name matches only itself.
    pub patterns: bool,
}

/// Parses `orders` or `orders:0,2`.
///
/// # Errors
/// A partition is not a number.
pub fn topic(text: &str) -> Result<TopicScope, String> {
    let Some((name, list)) = text.rsplit_once(':') else {
        return Ok(TopicScope {
            name: text.to_owned(),
            partitions: None,
        });
    };
    let numbers = list.split(',').map(|number| match number.trim().parse() {
        Ok(number @ 0..) => Ok(number),
        _ => Err(format!(
            "`{}` is no partition: write `orders:0,2`",
            escape(number)
        )),
    });
    let mut partitions: Vec<i32> = numbers.collect::<Result<_, String>>()?;
    partitions.sort_unstable();
    partitions.dedup();
    Ok(TopicScope {
        name: name.to_owned(),
        partitions: Some(partitions),
    })
}

/// The topics that a command selects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicScopes {
    /// Topics and partitions in the user's order.
    pub scopes: Vec<TopicScope>,
    /// Whether names are patterns with `*` and `?`. If not, each name matches only itself.
    pub patterns: bool,
}

impl TopicScopes {
    /// All partitions of the topics of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let scope = |name: &str| TopicScope {
            name: name.to_owned(),
            partitions: None,
        };
        Self {
            scopes: names.into_iter().map(scope).collect(),
            patterns: false,
        }
    }

    /// The topics of `known` that match, with their partitions. Without patterns: all named topics,
    /// whether `known` has them or not.
    pub fn parts<'a>(&self, known: impl IntoIterator<Item = &'a String>) -> Parts {
        let mut parts = Parts::new();
        let mut add = |name: &str, scope: &TopicScope| {
            let partitions = scope.partitions.as_ref();
            let partitions = partitions.map(|numbers| numbers.iter().copied().collect());
            let part = parts.entry(name.to_owned());
            let part = part.or_insert_with(|| Some(BTreeSet::new()));
            *part = part
                .take()
                .zip(partitions)
                .map(|(one, other)| &one | &other);
        };
        if self.patterns {
            let known: Vec<&String> = known.into_iter().collect();
            for scope in &self.scopes {
                let matcher = NamePatterns::patterns([scope.name.as_str()]);
                for name in known.iter().filter(|name| matcher.matches(name)) {
                    add(name, scope);
                }
            }
        } else {
            for scope in &self.scopes {
                add(&scope.name, scope);
            }
        }
        parts
    }
}

/// Names, or patterns of names.
pub struct NamePatterns {
    matchers: Vec<GlobMatcher>,
}

impl NamePatterns {
    /// These patterns; an invalid one matches only itself.
    #[must_use]
    pub fn patterns<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let matcher = |pattern: &str| {
            let glob = Glob::new(pattern).or_else(|_| Glob::new(&globset::escape(pattern)));
            glob.ok().map(|glob| glob.compile_matcher())
        };
        Self {
            matchers: patterns.into_iter().filter_map(matcher).collect(),
        }
    }

    /// Whether one of them matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matchers.iter().any(|matcher| matcher.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_stand_behind_a_colon() {
        let read = |text| topic(text).map(|scope| (scope.name, scope.partitions));
        assert_eq!(read("orders"), Ok(("orders".into(), None)));
        assert_eq!(
            read("orders:2,0,2"),
            Ok(("orders".into(), Some(vec![0, 2])))
        );
        assert!(read("orders:").is_err());
        assert!(read("orders:-1").is_err());
        assert!(read("orders:a").is_err());
    }

    #[test]
    fn all_of_a_topic_and_some_of_it_are_all_of_it() {
        let parts = |texts: &[&str], patterns, known: &[String]| {
            let scopes = texts.iter().map(|text| topic(text).unwrap()).collect();
            TopicScopes { scopes, patterns }.parts(known)
        };
        let known = ["a1".to_owned(), "a2".to_owned()];
        let named = parts(&["x:1", "x:0", "y:1", "y"], false, &known);
        let expected = [
            ("x".into(), Some(BTreeSet::from([0, 1]))),
            ("y".into(), None),
        ];
        assert_eq!(named, expected.into());
        let matched = parts(&["a*:1", "a1"], true, &known);
        let expected = [
            ("a1".into(), None),
            ("a2".into(), Some(BTreeSet::from([1]))),
        ];
        assert_eq!(matched, expected.into());
    }

    #[test]
    fn patterns_match_whole_names() {
        let names = NamePatterns::patterns(["billing-*", "a[b"]);
        assert!(names.matches("billing-1") && names.matches("a[b"));
        assert!(!names.matches("my-billing-1") && !names.matches("b"));
    }
}
