//! Parses the position of `--to`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use crate::model::escape::escape;
use crate::model::suggest::closest;
use crate::model::target::Target;
use crate::model::units::{Unit, parse as parse_unit};
use crate::model::wire;

/// Positions that are words.
pub const WORDS: [&str; 3] = ["earliest", "latest", "current"];

/// Fewer milliseconds are before 1973: the number was most likely meant as seconds.
const SECONDS: i64 = 100_000_000_000;

/// A text that is not a position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TargetError {
    message: String,
    /// How to write the position instead.
    pub hint: String,
}

fn wrong<T>(message: impl Into<String>, hint: impl Into<String>) -> Result<T, TargetError> {
    Err(TargetError {
        message: message.into(),
        hint: hint.into(),
    })
}

/// Parses a position. `now` is the time that durations count back from; its zone is used in hints.
///
/// # Errors
/// The text is not a position, or is ambiguous.
pub fn parse(text: &str, now: &ZonedDateTime) -> Result<Target, TargetError> {
    match text {
        "earliest" => return Ok(Target::Earliest),
        "latest" => return Ok(Target::Latest),
        "current" => return Ok(Target::Current),
        _ => {}
    }
    if let Some(path) = text.strip_prefix("file:") {
        return named(path, "file").map(|path| Target::File(path.into()));
    }
    if let Some(id) = text.strip_prefix("group:") {
        return named(id, "group").map(|id| Target::Group(id.to_owned()));
    }
    if let Some(digits) = text.strip_prefix('@') {
        return epoch(digits);
    }
    if let Some(rest) = text.strip_prefix('-') {
        return back(text, rest, now);
    }
    if let Some(rest) = text.strip_prefix('+') {
        return match rest.parse() {
            Ok(by) => Ok(Target::Shift(by)),
            Err(_) => wrong(
                format!("`{}` is no number to shift by", escape(text)),
                "write `+50` to go 50 records on",
            ),
        };
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return match text.parse() {
            Ok(offset) => Ok(Target::Offset(offset)),
            Err(_) => wrong(
                format!("`{text}` is too large for an offset"),
                "write an offset, or a time such as `2026-01-31T09:00:00Z`",
            ),
        };
    }
    time(text, now)
}

fn named<'a>(name: &'a str, what: &str) -> Result<&'a str, TargetError> {
    if name.is_empty() {
        let example = match what {
            "file" => "file:offsets.csv",
            _ => "group:billing",
        };
        return wrong(
            format!("`{what}:` names no {what}"),
            format!("write `{example}`"),
        );
    }
    if what == "group"
        && let Err(long) = wire::check(name)
    {
        return wrong(format!("the group's id is {long}"), "shorten it".to_owned());
    }
    Ok(name)
}

fn epoch(digits: &str) -> Result<Target, TargetError> {
    let point = |ms: i64| Timestamp::from_millisecond(ms).ok();
    let ms: Option<i64> = digits.parse().ok().filter(|ms| *ms >= 0);
    match ms.and_then(|ms| Some((ms, point(ms)?))) {
        Some((ms, read)) if ms < SECONDS => wrong(
            format!("`@{ms}` is {read}: after `@` come milliseconds since 1970"),
            format!("if these are seconds, write `@{ms}000`; if not, write `{read}`"),
        ),
        Some((ms, read)) => Ok(Target::Time {
            ms,
            written: format!("{read} (@{ms})"),
        }),
        None => wrong(
            format!("`@{}` is no point in time", escape(digits)),
            "write milliseconds since 1970 after `@`, such as `@1767225600000`",
        ),
    }
}

/// Parses `-25` as a shift and `-2h` as a duration.
fn back(text: &str, rest: &str, now: &ZonedDateTime) -> Result<Target, TargetError> {
    if rest.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(by) = rest.parse::<i64>()
    {
        return Ok(Target::Shift(-by));
    }
    let Some(ms) = duration(rest) else {
        return wrong(
            format!("`{}` is no number and no duration", escape(text)),
            "write `-25` to go 25 records back, or `-2h` for what came in the last two hours",
        );
    };
    let then = now
        .timestamp()
        .as_millisecond()
        .checked_sub(ms)
        .filter(|ms| *ms >= 0)
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    match then {
        Some(then) => Ok(Target::Time {
            ms: then.as_millisecond(),
            written: format!("{then} ({text})"),
        }),
        None => wrong(
            format!("`{}` is before 1970", escape(text)),
            "write `earliest` for everything there is",
        ),
    }
}

/// Milliseconds in `2h`, `1h30m` or `PT1H30M`.
fn duration(text: &str) -> Option<i64> {
    if let Some(Ok(ms)) = parse_unit(text, Unit::Milliseconds) {
        return Some(ms);
    }
    let duration: SignedDuration = text.parse().ok()?;
    let ms = i64::try_from(duration.as_millis()).ok()?;
    (ms > 0).then_some(ms)
}

fn time(text: &str, now: &ZonedDateTime) -> Result<Target, TargetError> {
    if let Ok(point) = text.parse::<Timestamp>() {
        let shown = point.to_string();
        let written = if shown == text {
            shown
        } else {
            format!("{shown} ({text})")
        };
        return Ok(Target::Time {
            ms: point.as_millisecond(),
            written,
        });
    }
    if let Ok(naive) = text.parse::<DateTime>() {
        return naive_time(text, naive, now.time_zone());
    }
    let known = match text {
        "start" | "beginning" | "oldest" | "first" | "begin" => Some("earliest"),
        "end" | "newest" | "last" => Some("latest"),
        _ => closest(text, WORDS),
    };
    let message = format!("`{}` is no position", escape(text));
    match known {
        Some(meant) => wrong(message, format!("did you mean `{meant}`?")),
        None => wrong(
            message,
            "write earliest, latest, current, an offset, `+N` or `-N`, a time with its zone, `@` and milliseconds, a duration such as `-2h`, `file:PATH` or `group:ID`",
        ),
    }
}

/// Refuses a time without a zone, and shows its two possible meanings.
fn naive_time(text: &str, naive: DateTime, zone: &TimeZone) -> Result<Target, TargetError> {
    let text = escape(text);
    let utc = naive
        .to_zoned_datetime(TimeZone::UTC)
        .map(|zoned| zoned.timestamp());
    let local = naive.to_zoned_datetime(zone.clone());
    let (Ok(utc), Ok(local)) = (utc, local) else {
        return wrong(
            format!("`{text}` is out of range"),
            "write a time such as `2026-01-31T09:00:00Z`",
        );
    };
    let local = local.strftime("%Y-%m-%dT%H:%M:%S%:z");
    wrong(
        format!("`{text}` has no time zone"),
        format!("write `{utc}` if it is UTC, or `{local}` if it is the time on this machine"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Target, TargetError> {
        let now: ZonedDateTime = "2026-11-24T12:00:00+02:00[+02:00]".parse().unwrap();
        parse(text, &now)
    }

    fn at(text: &str) -> (i64, String) {
        match read(text) {
            Ok(Target::Time { ms, written }) => (ms, written),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_form_is_read() {
        assert_eq!(read("earliest"), Ok(Target::Earliest));
        assert_eq!(read("0"), Ok(Target::Offset(0)));
        assert_eq!(read("1500"), Ok(Target::Offset(1_500)));
        assert_eq!(read("+50"), Ok(Target::Shift(50)));
        assert_eq!(read("-25"), Ok(Target::Shift(-25)));
        assert_eq!(read("file:a.csv"), Ok(Target::File("a.csv".into())));
        assert_eq!(read("group:a b"), Ok(Target::Group("a b".into())));
        let noon = 1_795_514_400_000;
        assert_eq!(
            at("2026-11-24T10:00:00Z"),
            (noon, "2026-11-24T10:00:00Z".into())
        );
        assert_eq!(
            at("2026-11-24T12:00:00+02:00"),
            (
                noon,
                "2026-11-24T10:00:00Z (2026-11-24T12:00:00+02:00)".into()
            )
        );
        assert_eq!(
            at("@1795514400000"),
            (noon, "2026-11-24T10:00:00Z (@1795514400000)".into())
        );
        assert_eq!(
            at("-2h"),
            (noon - 7_200_000, "2026-11-24T08:00:00Z (-2h)".into())
        );
        assert_eq!(at("-1h30m").0, noon - 5_400_000);
        assert_eq!(at("-PT1H").0, noon - 3_600_000);
        assert_eq!(at("-7d").0, noon - 7 * 86_400_000);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused_with_both() {
        let error = read("2026-11-24T10:00:00").unwrap_err();
        assert_eq!(error.to_string(), "`2026-11-24T10:00:00` has no time zone");
        assert_eq!(
            error.hint,
            "write `2026-11-24T10:00:00Z` if it is UTC, or `2026-11-24T10:00:00+02:00` if it is the time on this machine"
        );
        let error = read("2026-11-24").unwrap_err();
        assert!(
            error.hint.contains("2026-11-24T00:00:00Z"),
            "{}",
            error.hint
        );
        let error = read("@1795514400").unwrap_err();
        assert_eq!(
            error.hint,
            "if these are seconds, write `@1795514400000`; if not, write `1970-01-21T18:45:14.4Z`"
        );
    }

    #[test]
    fn what_is_none_is_refused_with_the_way_out() {
        let hint = |text: &str| read(text).unwrap_err().hint;
        assert_eq!(hint("end"), "did you mean `latest`?");
        assert_eq!(hint("erliest"), "did you mean `earliest`?");
        assert_eq!(hint("file:"), "write `file:offsets.csv`");
        for text in [
            "",
            "-",
            "+",
            "-0x",
            "@",
            "@x",
            "@-1",
            "2026-02-30T00:00:00Z",
            "+2h",
            "99999999999999999999",
            "-99999w",
            "2h",
            "10000-01-01T00:00:00Z",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
