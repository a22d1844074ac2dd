//! The largest text in a request.

/// The largest length of a text in a request, in bytes of UTF-8. Brokers read the length of a STRING as
/// a signed 16-bit number, and do not accept more in a `COMPACT_STRING` either (generated message
/// classes). They close the connection without an answer if a text is longer.
pub const MAX_TEXT_BYTES: usize = i16::MAX as usize;

/// A text that is too long for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("longer than {MAX_TEXT_BYTES} bytes, which no request to Kafka holds")]
pub struct TooLong;

/// Checks that a text fits into a request.
///
/// # Errors
/// It is too long.
pub fn check(text: &str) -> Result<(), TooLong> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_and_not_characters() {
        assert_eq!(check(&"x".repeat(32_767)), Ok(()));
        assert_eq!(check(&"x".repeat(32_768)), Err(TooLong));
        assert_eq!(check(&"é".repeat(16_384)), Err(TooLong));
    }
}
