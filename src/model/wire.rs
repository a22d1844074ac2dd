//! How long a text may be on its way to a broker.

/// The most bytes of UTF-8 that a request holds in one text. Brokers read the length of a STRING as 16
/// bits with sign, and refuse more in a `COMPACT_STRING` too (the message classes that Kafka generates). They
/// answer with nothing: they close the connection.
pub const MAX_TEXT_BYTES: usize = i16::MAX as usize;

/// A text that no request holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("longer than {MAX_TEXT_BYTES} bytes, which no request to Kafka holds")]
pub struct TooLong;

/// Checks that a request can hold a text.
///
/// # Errors
/// None can.
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
