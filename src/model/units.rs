//! Sizes and durations: what people write (`7d`, `1GiB`), and Kafka's plain numbers.

/// The unit of a key's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

const DURATIONS: [(&str, i64); 8] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
    ("y", 31_536_000_000),
];

const SIZES: [(&str, i64); 10] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// The unit by a key's name (`retention.ms`, `log.retention.hours`, `message.max.bytes`). `max.size` of
/// groups (`group.consumer.max.size`) has none: it counts members.
#[must_use]
pub fn unit_of(key: &str) -> Option<Unit> {
    if key.starts_with("group.") && key.ends_with(".max.size") {
        return None;
    }
    match key.rsplit('.').next()? {
        "bytes" | "size" => Some(Unit::Bytes),
        "ms" => Some(Unit::Milliseconds),
        "seconds" | "secs" => Some(Unit::Seconds),
        "minutes" => Some(Unit::Minutes),
        "hours" => Some(Unit::Hours),
        _ => None,
    }
}

/// The units that a user can write for a key with this `unit`.
pub fn names(unit: Unit) -> impl Iterator<Item = &'static str> {
    let table: &[(&str, i64)] = match unit {
        Unit::Bytes => &SIZES,
        _ => &DURATIONS,
    };
    table.iter().map(|(name, _)| *name)
}

/// Why a value with a unit cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// The unit is unknown for this kind of key.
    #[error("`{unit}` is no unit of {kind}: use {known}")]
    Unknown {
        /// What was written.
        unit: String,
        /// "time" or "size".
        kind: &'static str,
        /// What can be written.
        known: &'static str,
    },
    /// It does not fit into 64 bits.
    #[error("`{0}` is larger than Kafka can hold")]
    Large(String),
    /// It is no whole number of the key's unit.
    #[error("`{text}` is not a whole number of {unit}")]
    Fraction {
        /// What was written.
        text: String,
        /// The key's unit, in plural.
        unit: &'static str,
    },
}

/// Converts `7d` or `1GiB` to the plain number that Kafka expects for a key with this `unit`. None if
/// `text` is not a number followed by letters.
///
/// # Errors
/// An unknown unit; a value that does not fit into 64 bits, or is no whole number of `unit`.
#[must_use]
pub fn parse(text: &str, unit: Unit) -> Option<Result<i64, UnitError>> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, suffix) = text.split_at(digits);
    let suffix = suffix.strip_prefix(' ').unwrap_or(suffix);
    if number.is_empty() || !suffix.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    Some(convert(text, number, suffix, unit))
}

fn convert(text: &str, number: &str, suffix: &str, unit: Unit) -> Result<i64, UnitError> {
    let (table, kind, known): (&[(&str, i64)], _, _) = match unit {
        Unit::Bytes => (
            &SIZES,
            "size",
            "`B`, `KB`, `MB`, `GB`, `TB` (powers of 1000) or `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024)",
        ),
        _ => (&DURATIONS, "time", "`ms`, `s`, `m`, `h`, `d`, `w` or `y`"),
    };
    let factor = table
        .iter()
        .find(|(name, _)| *name == suffix)
        .map(|(_, factor)| *factor)
        .ok_or_else(|| UnitError::Unknown {
            unit: suffix.to_owned(),
            kind,
            known,
        })?;
    let smallest = number
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .ok_or_else(|| UnitError::Large(text.to_owned()))?;
    let (divisor, plural) = match unit {
        Unit::Bytes => (1, "bytes"),
        Unit::Milliseconds => (1, "milliseconds"),
        Unit::Seconds => (1_000, "seconds"),
        Unit::Minutes => (60_000, "minutes"),
        Unit::Hours => (3_600_000, "hours"),
    };
    if smallest % divisor != 0 {
        return Err(UnitError::Fraction {
            text: text.to_owned(),
            unit: plural,
        });
    }
    Ok(smallest / divisor)
}

/// A plain number of `unit` in a larger unit (`7 days`, `1 GiB`); none if that would be inexact or
/// longer.
#[must_use]
pub fn human(value: &str, unit: Unit) -> Option<String> {
    let number: i64 = value.parse().ok()?;
    if number <= 0 {
        return None;
    }
    match unit {
        Unit::Bytes => human_size(number),
        Unit::Milliseconds => human_duration(number, 1),
        Unit::Seconds => human_duration(number, 1_000),
        Unit::Minutes => human_duration(number, 60_000),
        Unit::Hours => human_duration(number, 3_600_000),
    }
}

/// A number of bytes, rounded (`3.4 MiB`, `17 bytes`).
#[must_use]
pub fn about(bytes: i64) -> String {
    about_bytes(bytes).unwrap_or_else(|| match bytes {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    })
}

/// A number of bytes, rounded to a tenth of the largest power of 1024 below it (`1.5 GiB`); none below
/// 1 KiB.
#[must_use]
pub fn about_bytes(bytes: i64) -> Option<String> {
    const NAMES: [&str; 4] = ["TiB", "GiB", "MiB", "KiB"];
    let sizes = NAMES
        .into_iter()
        .zip([40, 30, 20, 10].map(|power| 1 << power));
    let (number, name) = in_tenths(bytes, sizes)?;
    Some(format!("{number} {name}"))
}

/// A number in the largest of these units that it reaches when it is rounded to a tenth of it; the largest
/// unit comes first. None below the smallest one.
fn in_tenths(
    number: i64,
    units: impl IntoIterator<Item = (&'static str, i64)>,
) -> Option<(String, &'static str)> {
    let mut larger: Option<(&str, i128)> = None;
    for (name, size) in units {
        let tenths = |size| (i128::from(number) * 10 + size / 2) / size;
        let size = i128::from(size);
        if i128::from(number) >= size {
            let (tenths, name) = match larger {
                Some((above, larger)) if tenths(size) >= larger * 10 / size => (10, above),
                _ => (tenths(size), name),
            };
            return Some(match (tenths / 10, tenths % 10) {
                (whole, 0) => (whole.to_string(), name),
                (whole, tenth) => (format!("{whole}.{tenth}"), name),
            });
        }
        larger = Some((name, size));
    }
    None
}

/// The time since a moment in whole units (`3 s ago`); none for a moment in the future.
#[must_use]
pub fn ago(moment_ms: i64, now_ms: i64) -> Option<String> {
    const NAMES: [(&str, i64); 4] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("min", 60_000),
        ("s", 1_000),
    ];
    let ms = now_ms.checked_sub(moment_ms).filter(|ms| *ms >= 0)?;
    let large = NAMES.into_iter().find(|(_, size)| ms >= *size);
    let (name, size) = large.unwrap_or(("ms", 1));
    Some(format!("{} {name} ago", ms / size))
}

/// A duration in its two largest units, rounded down (`2 h 5 min`).
#[must_use]
pub fn span(ms: i64) -> String {
    const SIZES: [(&str, u64); 5] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("min", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let ms = ms.unsigned_abs();
    let place = SIZES.iter().position(|(_, size)| ms >= *size);
    let place = place.unwrap_or(SIZES.len() - 1);
    let (name, size) = SIZES[place];
    let whole = format!("{} {name}", ms / size);
    match SIZES.get(place + 1) {
        // Seconds are not divided further.
        Some((below, smaller)) if *smaller > 1 && ms % size >= *smaller => {
            format!("{whole} {} {below}", ms % size / smaller)
        }
        _ => whole,
    }
}

/// A number of things in few digits (`1.2M`), rounded to a tenth of the largest power of 1000 below it;
/// none below 10,000.
#[must_use]
pub fn about_count(number: i64) -> Option<String> {
    const NAMES: [(&str, i64); 3] = [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000)];
    if number < 10_000 {
        return None;
    }
    let (number, name) = in_tenths(number, NAMES)?;
    Some(format!("{number}{name}"))
}

fn human_duration(number: i64, factor: i64) -> Option<String> {
    const NAMES: [(&str, i64); 4] = [
        ("day", 86_400_000),
        ("hour", 3_600_000),
        ("minute", 60_000),
        ("second", 1_000),
    ];
    let ms = number.checked_mul(factor)?;
    let (name, size) = NAMES
        .into_iter()
        .find(|(_, size)| *size > factor && ms % size == 0)?;
    let count = ms / size;
    let plural = if count == 1 { "" } else { "s" };
    Some(format!("{count} {name}{plural}"))
}

fn human_size(number: i64) -> Option<String> {
    SIZES
        .into_iter()
        .filter(|(name, factor)| *factor > 1 && *name != "kB" && number % factor == 0)
        .max_by_key(|(_, factor)| *factor)
        .map(|(name, factor)| format!("{} {name}", number / factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_becomes_kafkas_number() {
        let ms = |text| parse(text, Unit::Milliseconds);
        assert_eq!(ms("7d"), Some(Ok(604_800_000)));
        assert_eq!(ms("90 s"), Some(Ok(90_000)));
        assert_eq!(ms("604800000"), None);
        assert_eq!(ms("-1"), None);
        assert_eq!(ms("compact"), None);
        assert_eq!(parse("7d", Unit::Hours), Some(Ok(168)));
        assert_eq!(parse("1GiB", Unit::Bytes), Some(Ok(1_073_741_824)));
        assert_eq!(parse("1MB", Unit::Bytes), Some(Ok(1_000_000)));
        assert!(matches!(
            parse("90m", Unit::Hours),
            Some(Err(UnitError::Fraction { .. }))
        ));
        assert!(matches!(
            parse("1G", Unit::Bytes),
            Some(Err(UnitError::Unknown { .. }))
        ));
        assert!(matches!(
            parse("9999999999999w", Unit::Milliseconds),
            Some(Err(UnitError::Large(_)))
        ));
    }

    #[test]
    fn measured_numbers_are_rounded() {
        assert_eq!(about(1), "1 byte");
        assert_eq!(about(1_023), "1023 bytes");
        assert_eq!(about(3_565_158), "3.4 MiB");
        assert_eq!(about_bytes(1_023), None);
        assert_eq!(about_bytes(1_024), Some("1 KiB".into()));
        assert_eq!(about_bytes(1_610_612_736), Some("1.5 GiB".into()));
        assert_eq!(about_bytes(1_048_524), Some("1023.9 KiB".into()));
        assert_eq!(about_bytes(1_048_575), Some("1 MiB".into()));
        assert_eq!(about_bytes((1 << 30) - 1), Some("1 GiB".into()));
        assert_eq!(about_bytes(i64::MAX), Some("8388608 TiB".into()));
        assert_eq!(ago(1_000, 1_000), Some("0 ms ago".into()));
        assert_eq!(ago(1_000, 4_999), Some("3 s ago".into()));
        assert_eq!(ago(0, 7_200_000), Some("2 h ago".into()));
        assert_eq!(ago(2_000, 1_000), None);
        assert_eq!(about_count(9_999), None);
        assert_eq!(about_count(12_345), Some("12.3k".into()));
        assert_eq!(about_count(999_949), Some("999.9k".into()));
        assert_eq!(about_count(999_999), Some("1M".into()));
        assert_eq!(about_count(1_204_331), Some("1.2M".into()));
        assert_eq!(about_count(3_000_000_000), Some("3G".into()));
    }

    #[test]
    fn a_span_has_two_units() {
        assert_eq!(span(0), "0 ms");
        assert_eq!(span(999), "999 ms");
        assert_eq!(span(1_999), "1 s");
        assert_eq!(span(61_000), "1 min 1 s");
        assert_eq!(span(7_500_000), "2 h 5 min");
        assert_eq!(span(3 * 86_400_000 + 59_000), "3 d");
        assert_eq!(span(i64::MIN), "106751991167 d 7 h");
    }

    #[test]
    fn kafkas_number_becomes_what_people_say() {
        let human = |value, key| human(value, unit_of(key).unwrap());
        assert_eq!(human("604800000", "retention.ms"), Some("7 days".into()));
        assert_eq!(human("168", "log.retention.hours"), Some("7 days".into()));
        assert_eq!(human("3600000", "retention.ms"), Some("1 hour".into()));
        assert_eq!(
            human("1073741824", "log.retention.bytes"),
            Some("1 GiB".into())
        );
        assert_eq!(human("1000000", "message.max.bytes"), Some("1 MB".into()));
        assert_eq!(human("1048588", "message.max.bytes"), None);
        assert_eq!(human("-1", "retention.ms"), None);
        assert_eq!(human("500", "retention.ms"), None);
        assert_eq!(unit_of("group.consumer.max.size"), None);
    }
}
