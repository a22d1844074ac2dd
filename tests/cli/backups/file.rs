//! The file of a backup: its format versions, and refused files.

use std::fs;

use tonkafka::backup::file::{BackupFileError, from_text, to_text};

use super::{bench, reseal};
use crate::fresh;

fn golden() -> String {
    fs::read_to_string(fresh::repository("tests/formats/backup-v1.json")).unwrap()
}

#[test]
fn a_file_of_the_first_version_is_read_and_written_alike() {
    let text = golden();
    let backup = from_text(&text).unwrap();
    fresh::check_for_ever("tests/formats/backup-v1.json", &to_text(&backup));
    assert!(backup.acls.value().is_none() && backup.quotas.value().is_some());
}

/// JSON readers may round numbers.
#[test]
fn quotas_are_read_as_they_were_written() {
    let text = golden();
    for number in [
        "0.1",
        "8.41130808837651",
        "59.0e-1",
        "1.7976931348623157e308",
    ] {
        let resealed = reseal(&text.replacen("0.5", number, 1));
        let backup = from_text(&resealed).unwrap();
        let quotas = backup.quotas.value().unwrap();
        let read = quotas[0].values["request_percentage"].0;
        assert_eq!(
            read.to_bits(),
            number.parse::<f64>().unwrap().to_bits(),
            "{number}"
        );
    }
}

#[test]
fn no_part_of_a_file_is_accepted() {
    let text = golden();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        assert!(from_text(&text[..end]).is_err(), "{end} bytes");
    }
    assert!(from_text(&format!("{text}\n")).is_err());
}

#[test]
fn no_file_with_another_bit_is_accepted() {
    let text = golden().into_bytes();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..10_000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let bit = usize::try_from(seed).unwrap() % (text.len() * 8);
        let mut flipped = text.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = String::from_utf8(flipped).ok();
        let accepted = read.is_some_and(|text| from_text(&text).is_ok());
        assert!(!accepted, "round {round}: bit {bit}");
    }
}

#[test]
fn a_later_version_says_so_and_others_are_no_backups() {
    let text = golden();
    let later = text.replacen("\"formatVersion\": 1", "\"formatVersion\": 3", 1);
    assert_eq!(from_text(&later), Err(BackupFileError::Newer { found: 3 }));
    let bench = bench();
    bench.program.write("later.json", &later);
    let ran = bench
        .run(&["backup", "restore", "later.json", "--yes"])
        .exits(2);
    assert_eq!(
        ran.stderr,
        "error: cannot use the backup later.json: written by a newer tonkafka (v3), this reads v1\nhint: `tonkafka backup list` names those that this machine keeps\n"
    );
    bench
        .program
        .write("plan.json", "{\"formatVersion\": 1, \"kind\": \"Plan\"}");
    let ran = bench.run(&["backup", "show", "plan.json"]).exits(2);
    ran.stderr_has("it is no backup: its `kind` is not `Backup`");
    // A valid checksum does not make a valid backup: the content is checked too.
    for (right, wrong, said) in [
        ("\"taken", "\"extra\": 1, \"taken", "unknown field `extra`"),
        (
            "\"reason\"",
            "\"id\": \"y\", \"reason\"",
            "the key `id` is there twice",
        ),
        (
            "\"orders\": {\n      \"id\"",
            "\"or ders\": {\n      \"id\"",
            "` ` is not allowed in a topic name",
        ),
    ] {
        let resealed = reseal(&text.replacen(right, wrong, 1));
        let found = from_text(&resealed).unwrap_err().to_string();
        assert!(found.contains(said), "{found}");
    }
}
