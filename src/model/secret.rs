//! Values that nobody may see.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A hidden value. It is never printed and never written to a file: only its digest is, over the
/// value and the place that it is for, so that a later run can tell whether it has the same one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The value; none where it was read back from a file.
    #[serde(skip)]
    pub value: Option<String>,
    /// SHA-256 over place and value, in hexadecimal.
    digest: String,
}

impl Secret {
    /// The secret of `place`, which keeps equal values of two places apart.
    #[must_use]
    pub fn new(place: &str, value: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(place.as_bytes());
        hash.update([0]);
        hash.update(value.as_bytes());
        Self {
            value: Some(value.to_owned()),
            digest: hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .concat(),
        }
    }

    /// Whether both are of the same place and value.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_of_itself() {
        let secret = Secret::new("broker 1 key", "hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
        let text = serde_json::to_string(&secret).unwrap();
        assert!(!text.contains("hunter2"));
        let back: Secret = serde_json::from_str(&text).unwrap();
        assert_eq!(back.value, None);
        assert!(back.is_same(&secret));
        assert!(!back.is_same(&Secret::new("broker 2 key", "hunter2")));
    }
}
