//! Classifies plain scalars, and finds those that YAML readers understand differently.

/// The class of a plain scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// Empty, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A boolean for some YAML readers: `yes`, `Off`, `TRUE`.
    LooseBoolean(bool),
    /// Decimal digits that every YAML reader takes for this number.
    Integer(i64),
    /// Decimal digits beyond 64 bits.
    Huge,
    /// Digits, one point, digits.
    Decimal,
    /// A number for some YAML readers, and another number or text for others: `1_000`, `0x10`, `010`,
    /// `1e9`, `.inf`. Holds the plain number, if there is one.
    LooseNumber(Option<String>),
    /// Anything else.
    Text,
}

/// Reads a plain scalar.
pub(super) fn read(text: &str) -> Reading {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Reading::Null,
        "true" => Reading::Boolean(true),
        "false" => Reading::Boolean(false),
        _ => loose_boolean(text)
            .map(Reading::LooseBoolean)
            .or_else(|| number(text))
            .unwrap_or(Reading::Text),
    }
}

fn loose_boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" => Some(true),
        "no" | "off" | "n" | "false" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Reading> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    if is_nameless(digits) {
        return Some(Reading::LooseNumber(None));
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    integer(text, sign, digits)
        .or_else(|| other_base(sign, digits))
        .or_else(|| decimal(text, digits))
        .or_else(|| exponent(text, digits))
        .or_else(|| underscored(sign, digits))
}

/// `.inf` and `.nan`.
fn is_nameless(digits: &str) -> bool {
    [".inf", ".nan"]
        .iter()
        .any(|name| digits.eq_ignore_ascii_case(name))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn integer(text: &str, sign: &str, digits: &str) -> Option<Reading> {
    if !is_digits(digits) {
        return None;
    }
    let significant = match digits.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let plain = if significant == "0" {
        significant.to_owned()
    } else {
        format!("{sign}{significant}")
    };
    if plain != text {
        return Some(Reading::LooseNumber(Some(plain)));
    }
    Some(text.parse().map_or(Reading::Huge, Reading::Integer))
}

fn other_base(sign: &str, digits: &str) -> Option<Reading> {
    let (prefix, rest) = digits.split_at_checked(2)?;
    let base = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return None,
    };
    let rest = rest.replace('_', "");
    if rest.is_empty() || !rest.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let plain = i64::from_str_radix(&rest, base).ok();
    Some(Reading::LooseNumber(
        plain.map(|plain| format!("{sign}{plain}")),
    ))
}

fn decimal(text: &str, digits: &str) -> Option<Reading> {
    let (whole, fraction) = digits.split_once('.')?;
    if is_digits(whole) && is_digits(fraction) && !text.starts_with('+') {
        return Some(Reading::Decimal);
    }
    let some_digits = |part: &str| part.is_empty() || is_digits(part);
    let loose = some_digits(whole) && some_digits(fraction) && digits.len() > 1;
    loose.then(|| Reading::LooseNumber(plain_float(text)))
}

fn exponent(text: &str, digits: &str) -> Option<Reading> {
    let (mantissa, power) = digits.split_once(['e', 'E'])?;
    let power = power.strip_prefix(['-', '+']).unwrap_or(power);
    let mantissa = mantissa.replacen('.', "", 1);
    (is_digits(&mantissa) && is_digits(power)).then(|| Reading::LooseNumber(plain_float(text)))
}

fn underscored(sign: &str, digits: &str) -> Option<Reading> {
    let plain = digits.replace('_', "");
    let number = plain.replacen('.', "", 1);
    (digits.contains('_') && is_digits(&number))
        .then(|| Reading::LooseNumber(Some(format!("{sign}{plain}"))))
}

/// The number without an exponent, if that is exact and short.
fn plain_float(text: &str) -> Option<String> {
    const EXACT: f64 = 9e15;
    let value: f64 = text.parse().ok()?;
    let plain = value.to_string();
    (value.abs() < EXACT && plain.len() < 20).then_some(plain)
}

/// `3` for `3.0`.
pub(super) fn whole_part(decimal: &str) -> Option<&str> {
    let (whole, fraction) = decimal.split_once('.')?;
    fraction.bytes().all(|byte| byte == b'0').then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_what_only_some_readers_take_for_numbers() {
        assert_eq!(read("3"), Reading::Integer(3));
        assert_eq!(read("-1"), Reading::Integer(-1));
        assert_eq!(read("0"), Reading::Integer(0));
        assert_eq!(read("9223372036854775808"), Reading::Huge);
        assert_eq!(read("0.5"), Reading::Decimal);
        assert_eq!(read("1.10"), Reading::Decimal);
        for (written, plain) in [
            ("1_000", "1000"),
            ("0x10", "16"),
            ("0o17", "15"),
            ("0b11", "3"),
            ("010", "10"),
            ("-007", "-7"),
            ("00", "0"),
            ("-0", "0"),
            ("+5", "5"),
            ("1e9", "1000000000"),
            ("1.5e3", "1500"),
            (".5", "0.5"),
            ("5.", "5"),
        ] {
            assert_eq!(
                read(written),
                Reading::LooseNumber(Some(plain.into())),
                "{written}"
            );
        }
        for written in [
            ".nan",
            ".NaN",
            "-.inf",
            "+.INF",
            "1e400",
            "0xffffffffffffffffff",
        ] {
            assert_eq!(read(written), Reading::LooseNumber(None), "{written}");
        }
    }

    #[test]
    fn text_stays_text() {
        for text in [
            "7d",
            "1GiB",
            "a.b",
            "1.2.3",
            "-",
            "+",
            ".",
            "..",
            "_1",
            "1e",
            "0x",
            "e9",
            "ýes",
            "1__",
            "192.168.0.1",
            "nano",
        ] {
            let expected = if text == "1__" {
                Reading::LooseNumber(Some("1".into()))
            } else {
                Reading::Text
            };
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn only_two_words_are_booleans() {
        assert_eq!(read("true"), Reading::Boolean(true));
        assert_eq!(read("TRUE"), Reading::LooseBoolean(true));
        assert_eq!(read("Off"), Reading::LooseBoolean(false));
        assert_eq!(read("y"), Reading::LooseBoolean(true));
    }
}
