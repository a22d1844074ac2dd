//! Values that must stay hidden.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex::hex;

/// A hidden value. It is never printed nor written to a file. Only a digest over the value and its
/// place is written, so that a later run can tell whether it has the same value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Secret {
    /// The value; none if it was read back from a file.
    #[serde(skip)]
    pub value: Option<String>,
    /// SHA-256 over place and value, in hexadecimal.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    digest: String,
}

impl Secret {
    /// The secret at `place`. The place is in the digest, so that equal values at two places cannot be
    /// recognised.
    #[must_use]
    pub fn new(place: &str, value: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(place.as_bytes());
        hash.update([0]);
        hash.update(value.as_bytes());
        Self {
            value: Some(value.to_owned()),
            digest: hex(hash.finalize()),
        }
    }

    /// Whether both have the same place and value.
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
