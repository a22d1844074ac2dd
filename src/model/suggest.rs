//! What a misspelt word may have meant.

/// Longer words are not looked up: nobody mistypes them by two letters only.
const LONGEST: usize = 64;

/// The candidate nearest to `written`, if it is near enough to be meant: two edits away, or one for
/// words of up to three letters.
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
        // The distance is at least this, and takes long to find for long words.
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
