//! Colours and widths of output.

use anstyle::{AnsiColor, Style};

/// How text may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used.
    pub colour: bool,
    /// The width for tables, in columns; none if it is unlimited.
    pub width: Option<u16>,
}

impl Look {
    /// Neither colours nor a width, as in a pipe.
    pub const PLAIN: Self = Self {
        colour: false,
        width: None,
    };

    fn paint(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Something that is added, or that is well.
    #[must_use]
    pub fn added(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// Something that is changed, or a warning.
    #[must_use]
    pub fn changed(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Something that is removed, or an error.
    #[must_use]
    pub fn removed(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    /// A heading.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// Something of minor interest.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }
}
