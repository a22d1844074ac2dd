//! The same again and again, until Ctrl-C or until nobody reads any more.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use tokio::signal::ctrl_c;
use tokio::time::sleep;

use super::Shown;
use crate::cli::exit::Exit;
use crate::cli::print;
use crate::cli::terminal::Terminal;
use crate::view::json::of_kind;

/// Looks every `interval`. An error does not end it: what is watched may come back.
pub(super) async fn watch<Look: Future<Output = anyhow::Result<Shown>>>(
    terminal: &Terminal,
    interval: Duration,
    look: impl Fn() -> Look,
) -> anyhow::Result<Exit> {
    let watching = async {
        loop {
            let shown = look().await;
            if !draw(terminal, &shown) {
                return;
            }
            match &shown {
                Ok(Shown { error: None, .. }) => {}
                Ok(Shown {
                    error: Some(error), ..
                })
                | Err(error) => print::error(terminal, error),
            }
            sleep(interval).await;
        }
    };
    tokio::select! {
        () = watching => {}
        interrupted = ctrl_c() => interrupted?,
    }
    Ok(Exit::Done)
}

/// Prints what was seen; false when nobody reads it.
fn draw(terminal: &Terminal, shown: &anyhow::Result<Shown>) -> bool {
    let text = match shown {
        Ok(shown) => shown.text.clone(),
        Err(error) if terminal.output.is_data() => terminal.form(String::new, || {
            of_kind("Error", json!({ "error": print::error_fields(error) }))
        }),
        Err(_) => String::new(),
    };
    print::try_out(&framed(terminal, &text)).is_ok()
}

/// As one line of JSON, as one of several documents of YAML, over what a terminal shows, or under a
/// stamp.
fn framed(terminal: &Terminal, text: &str) -> String {
    use crate::cli::args::Output;
    let stamp = || {
        let now = Timestamp::now();
        now.round(Unit::Second).unwrap_or(now).to_string()
    };
    match terminal.output {
        Output::Json => {
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            format!("{value}\n")
        }
        Output::Yaml => format!("---\n{text}"),
        _ => match terminal.height() {
            Some(height) => redrawn(&format!("{}\n\n{text}", stamp()), height),
            None => format!("--- {}\n{text}\n", stamp()),
        },
    }
}

/// The text from the upper left corner, with what was there before wiped out, and cut to the height
/// that there is.
fn redrawn(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let fits = lines.len() < height;
    let shown = if fits {
        lines.len()
    } else {
        height.saturating_sub(2)
    };
    let mut drawn = "\x1b[H".to_owned();
    for line in &lines[..shown] {
        drawn += line;
        drawn += "\x1b[K\n";
    }
    if !fits {
        let _ = writeln!(drawn, "… {} more lines\x1b[K", lines.len() - shown);
    }
    drawn + "\x1b[J"
}
