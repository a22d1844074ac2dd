//! What a read can say about one fact.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// One observed fact. "Not seen" is never "absent": only [`Seen::Absent`] says that a thing does not
/// exist. A value that exists but is hidden is a [`ConfigValue::Sensitive`] inside [`Seen::Value`].
///
/// [`ConfigValue::Sensitive`]: super::config::ConfigValue::Sensitive
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    Value(T),
    /// The cluster says that it does not exist.
    Absent,
    /// It may exist, and was not seen.
    Unseen(Unseen),
}

/// Why something was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// What kind of reason it is.
    pub cause: Cause,
    /// The broker's own words, or what is missing.
    pub words: String,
}

/// A kind of reason for not seeing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The cluster will not say.
    NotPermitted,
    /// This cluster has no such thing to ask for.
    NotSupported,
    /// The part of the cluster that knows did not answer, or answered with an error.
    Unavailable,
}

impl<T> Seen<T> {
    /// The cluster will not say, in these words.
    pub fn not_permitted(words: impl Into<String>) -> Self {
        Self::unseen(Cause::NotPermitted, words)
    }

    /// This cluster has no such thing to ask for: these words say what is missing.
    pub fn not_supported(words: impl Into<String>) -> Self {
        Self::unseen(Cause::NotSupported, words)
    }

    /// The part of the cluster that knows gave no answer, or an error with these words.
    pub fn unavailable(words: impl Into<String>) -> Self {
        Self::unseen(Cause::Unavailable, words)
    }

    fn unseen(cause: Cause, words: impl Into<String>) -> Self {
        let words = words.into();
        Self::Unseen(Unseen { cause, words })
    }

    /// The value, if it was seen.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the cluster said that it does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it was not seen for a reason of this kind.
    pub fn is_unseen_as(&self, wanted: Cause) -> bool {
        matches!(self, Self::Unseen(Unseen { cause, .. }) if *cause == wanted)
    }

    /// Why there is no value, where that is not because there is nothing.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Value(_) | Self::Absent => None,
            Self::Unseen(Unseen { words, .. }) => Some(words),
        }
    }

    /// The same fact, with its value borrowed.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Self::Value(value) => Seen::Value(value),
            Self::Absent => Seen::Absent,
            Self::Unseen(unseen) => Seen::Unseen(unseen.clone()),
        }
    }

    /// What the value says of a further fact.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Seen<U>) -> Seen<U> {
        match self {
            Self::Value(value) => f(value),
            Self::Absent => Seen::Absent,
            Self::Unseen(unseen) => Seen::Unseen(unseen),
        }
    }

    /// The same fact about another type.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        self.and_then(|value| Seen::Value(f(value)))
    }
}

/// `{"seen": "value", "value": …}`, `{"seen": "absent"}`, or the kind of reason with its words, such as
/// `{"seen": "notPermitted", "value": "TOPIC_AUTHORIZATION_FAILED"}`.
impl<T: Serialize> Serialize for Seen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = if self.is_absent() { 1 } else { 2 };
        let mut fields = serializer.serialize_struct("Seen", length)?;
        match self {
            Self::Value(value) => {
                fields.serialize_field("seen", "value")?;
                fields.serialize_field("value", value)?;
            }
            Self::Absent => fields.serialize_field("seen", "absent")?,
            Self::Unseen(Unseen { cause, words }) => {
                fields.serialize_field("seen", cause)?;
                fields.serialize_field("value", words)?;
            }
        }
        fields.end()
    }
}

impl<T: JsonSchema> JsonSchema for Seen<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Seen{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let cause = generator.subschema_for::<Cause>();
        let mapping = |seen: &Schema, value: &Schema| {
            json_schema!({
                "type": "object",
                "properties": { "seen": seen, "value": value },
                "required": ["seen", "value"],
            })
        };
        let absent = json_schema!({
            "type": "object",
            "properties": { "seen": { "const": "absent" } },
            "required": ["seen"],
        });
        let seen = mapping(&json_schema!({ "const": "value" }), &value);
        let unseen = mapping(&cause, &json_schema!({ "type": "string" }));
        json_schema!({ "oneOf": [seen, absent, unseen] })
    }
}
