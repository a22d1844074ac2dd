//! `sasl.jaas.config`, read as Kafka's clients read it. Pure.
//!
//! The form is `MODULE FLAG KEY=VALUE … ;`. Kafka takes it apart with `java.io.StreamTokenizer`: words
//! of letters, digits, `.`, `-`, `_` and `$`; texts in double or single quotes with the escapes of C;
//! comments that a `/` begins. A value that is neither a word nor quoted, such as a number, is an error
//! there and here. A text whose quote is not closed ends with its line there, and is an error here.

use std::iter::Peekable;
use std::str::Chars;

/// A login module with its options, in order.
#[derive(Clone, PartialEq, Eq)]
pub struct JaasEntry {
    /// The class of the module.
    pub module: String,
    /// Its options.
    pub options: Vec<(String, String)>,
}

impl JaasEntry {
    /// The class without its package.
    #[must_use]
    pub fn class(&self) -> &str {
        self.module.rsplit('.').next().unwrap_or_default()
    }

    /// The value of an option; the last one if it occurs twice, as in Java.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The entry as text, with each key and value in quotes.
    #[must_use]
    pub fn written(&self) -> String {
        let quoted = |text: &str| {
            let inner = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", inner.replace('\n', "\\n").replace('\r', "\\r"))
        };
        let options = self.options.iter();
        let options = options.map(|(key, value)| format!(" {}={}", quoted(key), quoted(value)));
        format!(
            "{} required{};",
            quoted(&self.module),
            options.collect::<String>()
        )
    }

    /// The entry for display, with secret values hidden.
    #[must_use]
    pub fn shown(&self) -> String {
        let options = self.options.iter().map(|(key, value)| {
            if is_shown(key) {
                format!(" {key}={value}")
            } else {
                format!(" {key}=(hidden)")
            }
        });
        format!("{}{}", self.class(), options.collect::<String>())
    }
}

/// The options of login modules that are not secret.
const SHOWN: [&str; 18] = [
    "awsDebugCreds",
    "awsMaxBackOffTimeMs",
    "awsMaxRetries",
    "awsProfileName",
    "awsRoleArn",
    "awsRoleSessionName",
    "awsStsRegion",
    "clientId",
    "oauth.audience",
    "oauth.client.id",
    "oauth.scope",
    "oauth.token.endpoint.uri",
    "scope",
    "ssl.truststore.location",
    "ssl.truststore.type",
    "tokenauth",
    "user",
    "username",
];

/// Whether the value of an option is not secret.
#[must_use]
pub fn is_shown(option: &str) -> bool {
    SHOWN.contains(&option) || option.starts_with("extension_")
}

/// Parses the text.
///
/// # Errors
/// What is wrong with it, without any value.
pub fn parse(text: &str) -> Result<JaasEntry, String> {
    let mut tokens = Tokens {
        left: text.chars().peekable(),
    };
    let entry = entry(&mut tokens)?.ok_or("no login module is named")?;
    match entry_start(&mut tokens)? {
        None => Ok(entry),
        Some(_) => Err("there is more than one login module".to_owned()),
    }
}

fn entry_start(tokens: &mut Tokens<'_>) -> Result<Option<Token>, String> {
    tokens.next()
}

fn entry(tokens: &mut Tokens<'_>) -> Result<Option<JaasEntry>, String> {
    let module = match tokens.next()? {
        None => return Ok(None),
        Some(Token::Text(text)) => text,
        Some(Token::Other(_)) => return Err("it does not begin with a login module".to_owned()),
    };
    let flags = ["required", "requisite", "sufficient", "optional"];
    match tokens.next()? {
        Some(Token::Text(flag)) if flags.contains(&flag.to_ascii_lowercase().as_str()) => {}
        _ => return Err("`required` is missing after the login module".to_owned()),
    }
    let mut options = Vec::new();
    loop {
        let key = match tokens.next()? {
            Some(Token::Other(';')) => return Ok(Some(JaasEntry { module, options })),
            Some(Token::Text(key)) => key,
            Some(Token::Other(_)) => return Err(stray(&options)),
            None => return Err("the `;` at its end is missing".to_owned()),
        };
        let equals = tokens.next()?;
        match (equals, tokens.next()?) {
            (Some(Token::Other('=')), Some(Token::Text(value))) => options.push((key, value)),
            (Some(Token::Other('=')), Some(Token::Other(_))) => {
                return Err(format!("the value of `{key}` has to be in quotes"));
            }
            _ => return Err(format!("`{key}` has no value: write `{key}=\"…\"`")),
        }
    }
}

fn stray(options: &[(String, String)]) -> String {
    match options.last() {
        Some((key, _)) => format!("the value of `{key}` has to be in quotes"),
        None => "an option has no name".to_owned(),
    }
}

enum Token {
    /// A word or a quoted text.
    Text(String),
    /// A character of its own; the first one of a number.
    Other(char),
}

struct Tokens<'t> {
    left: Peekable<Chars<'t>>,
}

fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c >= '\u{a0}' || matches!(c, '_' | '$')
}

fn is_of_word(c: char) -> bool {
    begins_word(c) || c.is_ascii_digit() || matches!(c, '.' | '-')
}

impl Tokens<'_> {
    fn next(&mut self) -> Result<Option<Token>, String> {
        loop {
            let Some(c) = self.left.next() else {
                return Ok(None);
            };
            return Ok(Some(match c {
                c if c <= ' ' => continue,
                '/' => {
                    self.comment();
                    continue;
                }
                '"' | '\'' => Token::Text(self.quoted(c)?),
                c if begins_word(c) => {
                    let mut word = String::from(c);
                    while let Some(c) = self.left.next_if(|c| is_of_word(*c)) {
                        word.push(c);
                    }
                    Token::Text(word)
                }
                other => Token::Other(other),
            }));
        }
    }

    /// What comes after a `/`.
    fn comment(&mut self) {
        if self.left.next_if_eq(&'*').is_none() {
            while self.left.next().is_some_and(|c| c != '\n') {}
            return;
        }
        let mut before = ' ';
        for c in self.left.by_ref() {
            if before == '*' && c == '/' {
                return;
            }
            before = c;
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            match self.left.next() {
                None | Some('\n' | '\r') => return Err(format!("a `{quote}` is not closed")),
                Some(c) if c == quote => return Ok(text),
                Some('\\') => text.extend(self.escape()),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.left.next()? {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            first @ '0'..='7' => {
                let most = if first <= '3' { 2 } else { 1 };
                let mut code = first.to_digit(8)?;
                for _ in 0..most {
                    let Some(digit) = self.left.next_if(|c| ('0'..='7').contains(c)) else {
                        break;
                    };
                    code = code * 8 + digit.to_digit(8)?;
                }
                char::from_u32(code)?
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Vec<(String, String)> {
        parse(&format!("a.b.C required {text}")).unwrap().options
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn the_forms_of_java_are_read() {
        let entry =
            parse("org.x.PlainLoginModule required username=\"a\" password=\"b\";").unwrap();
        assert_eq!(entry.class(), "PlainLoginModule");
        assert_eq!(
            entry.options,
            pairs(&[("username", "a"), ("password", "b")])
        );
        assert_eq!(
            options("username='it' \n password=\"x;y=z\\\"q\\\\\\101\\tn\";"),
            pairs(&[("username", "it"), ("password", "x;y=z\"q\\A\tn")])
        );
        assert_eq!(
            options("tokenauth=true // c\n /* username=\"no\"; */ k.e-y_1$=a.b-c ;"),
            pairs(&[("tokenauth", "true"), ("k.e-y_1$", "a.b-c")])
        );
        assert_eq!(options("a=\"1\"b='2';"), pairs(&[("a", "1"), ("b", "2")]));
        assert_eq!(options(";"), []);
        assert_eq!(
            parse("M Required a='1' a='2';").unwrap().option("a"),
            Some("2")
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let options = [("user", "it's \\ \"so\""), ("k.e-y", "a;b=c\r\n\u{e4}")];
        let entry = JaasEntry {
            module: "a.B$C".to_owned(),
            options: pairs(&options),
        };
        let read = parse(&entry.written()).unwrap();
        assert_eq!(read.module, entry.module);
        assert_eq!(read.options, entry.options);
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for (text, words) in [
            ("", "no login module is named"),
            ("M", "`required` is missing after the login module"),
            (
                "M username=\"a\";",
                "`required` is missing after the login module",
            ),
            ("M required username=\"a\"", "the `;` at its end is missing"),
            ("M required username=\"a;", "a `\"` is not closed"),
            (
                "M required username;",
                "`username` has no value: write `username=\"…\"`",
            ),
            (
                "M required password=123;",
                "the value of `password` has to be in quotes",
            ),
            (
                "M required password=a@b;",
                "the value of `password` has to be in quotes",
            ),
            (
                "M required password=secret!;",
                "the value of `password` has to be in quotes",
            ),
            (
                "M required; N required;",
                "there is more than one login module",
            ),
            ("=", "it does not begin with a login module"),
        ] {
            assert_eq!(parse(text).err().as_deref(), Some(words), "{text}");
        }
    }

    #[test]
    fn only_what_is_no_secret_is_shown() {
        let entry = parse("a.M required username='u' password='p' extension_logicalCluster='l';");
        assert_eq!(
            entry.unwrap().shown(),
            "M username=u password=(hidden) extension_logicalCluster=l"
        );
    }
}
