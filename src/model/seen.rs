//! One fact about a cluster, as far as it is known.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

/// One observed fact. "Not seen" is never "absent": only [`Seen::Absent`] says that a thing does not
/// exist. A value that exists but is hidden is a [`ConfigValue::Sensitive`] inside [`Seen::Value`].
///
/// [`ConfigValue::Sensitive`]: super::config::ConfigValue::Sensitive
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It exists.
    Value(T),
    /// It does not exist, according to the cluster.
    Absent,
    /// It may exist, but was not seen: the kind of reason, and the broker's own message or what is missing.
    Unseen(Cause, String),
}

/// Kinds of reasons for not seeing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// This user is not permitted to see it.
    NotPermitted,
    /// This cluster does not support it.
    NotSupported,
    /// The broker that knows it did not answer, or answered with an error.
    Unavailable,
}

impl<T> Seen<T> {
    /// This user is not permitted to see it; `words` is the broker's message.
    pub fn not_permitted(words: impl Into<String>) -> Self {
        Self::unseen(Cause::NotPermitted, words)
    }

    /// This cluster does not support it; `words` says what is missing.
    pub fn not_supported(words: impl Into<String>) -> Self {
        Self::unseen(Cause::NotSupported, words)
    }

    /// The broker that knows it gave no answer or an error; `words` says which.
    pub fn unavailable(words: impl Into<String>) -> Self {
        Self::unseen(Cause::Unavailable, words)
    }

    fn unseen(cause: Cause, words: impl Into<String>) -> Self {
        Self::Unseen(cause, words.into())
    }

    /// The value, if it was seen.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it does not exist, according to the cluster.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it was not seen, for a reason of this kind.
    pub fn is_unseen_as(&self, wanted: Cause) -> bool {
        matches!(self, Self::Unseen(cause, _) if *cause == wanted)
    }

    /// Why it was not seen; none for a value and for what does not exist.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Value(_) | Self::Absent => None,
            Self::Unseen(_, words) => Some(words),
        }
    }

    /// The same fact, with its value borrowed.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Self::Value(value) => Seen::Value(value),
            Self::Absent => Seen::Absent,
            Self::Unseen(cause, words) => Seen::Unseen(*cause, words.clone()),
        }
    }

    /// A further fact that is derived from the value.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Seen<U>) -> Seen<U> {
        match self {
            Self::Value(value) => f(value),
            Self::Absent => Seen::Absent,
            Self::Unseen(cause, words) => Seen::Unseen(cause, words),
        }
    }

    /// The same fact with another value.
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
            Self::Unseen(cause, words) => {
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
