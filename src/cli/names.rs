//! Names of groups and topics on the command line.

use super::exit::{Exit, Failure};
use crate::model::scope::{self, TopicScope, TopicScopes};
use crate::view;

/// Refuses a group without a name.
pub(super) fn check_groups(ids: &[String]) -> Result<(), Failure> {
    if ids.iter().any(String::is_empty) {
        let failure = Failure::new(Exit::BadInput, "`` names no group");
        return Err(failure.hint("write its id"));
    }
    Ok(())
}

/// The values of a command's topics or of `--match`, and whether they are patterns.
pub(super) fn written<'a>(topics: &'a [String], globs: &'a [String]) -> (&'a [String], bool) {
    if globs.is_empty() {
        (topics, false)
    } else {
        (globs, true)
    }
}

/// Parses topics or parts of them. `*` and `?` are refused without `--match`: no topic's name has
/// them.
pub(super) fn topics(texts: &[String], patterns: bool) -> Result<TopicScopes, Failure> {
    let bad = |message: String| Failure::new(Exit::BadInput, message);
    let topics = texts.iter().map(|text| scope::topic(text));
    let scopes: Vec<TopicScope> = topics.collect::<Result<_, String>>().map_err(bad)?;
    if scopes.iter().any(|one| one.name.is_empty()) {
        return Err(bad("`` names no topic".to_owned()).hint("write its name"));
    }
    let is_glob = |one: &&TopicScope| !patterns && one.name.contains(['*', '?']);
    if let Some(glob) = scopes.iter().find(is_glob) {
        let message = format!("`{}` is a pattern", view::text::escape(&glob.name));
        return Err(bad(message).hint("pass `--match` if you mean all that it matches"));
    }
    Ok(TopicScopes { scopes, patterns })
}
