//! What a misspelt word may have meant.

/// The candidate nearest to `word` by edit distance, if it is near enough to be meant: one edit in
/// three letters, and at most three.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let most = (length / 3).clamp(1, 3);
    candidates
        // The distance is at least this, and takes long to find for long words.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let keys = ["retention.ms", "retention.bytes", "cleanup.policy"];
        let closest = |word| closest(word, keys.into_iter());
        assert_eq!(closest("retension.ms"), Some("retention.ms"));
        assert_eq!(closest("retention.byte"), Some("retention.bytes"));
        assert_eq!(closest("color"), None);
        assert_eq!(closest(&"x".repeat(10_000_000)), None);
    }
}
