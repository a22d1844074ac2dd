//! Suggestions for misspelt words.

/// Longer words get no suggestion.
const LONGEST: usize = 64;

/// The candidate that is nearest to `written`, if at most two edits away; for words of up to three
/// letters, one edit.
#[must_use]
pub fn closest<'k>(
    written: &str,
    candidates: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    if written.len() > LONGEST {
        return None;
    }
    let length = written.chars().count();
    let most = if length < 4 { 1 } else { 2 };
    candidates
        .into_iter()
        // A cheap lower bound of the distance, which is expensive for long words.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let keys = ["retention.ms", "retention.bytes", "cleanup.policy"];
        let closest = |word| closest(word, keys);
        assert_eq!(closest("retension.ms"), Some("retention.ms"));
        assert_eq!(closest("retention.byte"), Some("retention.bytes"));
        assert_eq!(closest("color"), None);
        assert_eq!(closest(&"x".repeat(10_000_000)), None);
    }
}
