//! The JSON Schemas of documents, and checks against them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use tonkafka::view::schema::SCHEMAS;

/// The file of a schema.
pub fn file(name: &str) -> String {
    format!("schemas/{name}.schema.json")
}

/// Schemas by name.
pub static ALL: LazyLock<BTreeMap<&str, Value>> =
    LazyLock::new(|| SCHEMAS.iter().map(|one| (one.name, one.schema())).collect());

static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let compiled = |schema: &Value| {
        assert!(jsonschema::meta::is_valid(schema), "{schema:#}");
        jsonschema::draft202012::new(schema).unwrap()
    };
    ALL.iter()
        .map(|(name, schema)| (*name, compiled(schema)))
        .collect()
});

/// Names of schemas by the `kind` of documents.
pub static KINDS: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let mut kinds = BTreeMap::new();
    for (name, schema) in &*ALL {
        for kind in kinds_of(schema) {
            let other = kinds.insert(kind.clone(), *name);
            assert!(other.is_none_or(|other| other == *name), "{kind}");
        }
    }
    kinds
});

/// The kinds of a schema's forms.
fn kinds_of(schema: &Value) -> Vec<String> {
    let forms = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(forms) = forms {
        return forms.iter().flat_map(kinds_of).collect();
    }
    let kind = &schema["properties"]["kind"];
    let one = kind.get("const").map(std::slice::from_ref);
    let several = kind["enum"].as_array().map(Vec::as_slice);
    let kinds = one.or(several).unwrap_or_default().iter();
    kinds
        .map(|kind| kind.as_str().unwrap().to_owned())
        .collect()
}

/// Whether a document is valid by a schema.
pub fn follows(name: &str, document: &Value) -> bool {
    VALIDATORS[name].is_valid(document)
}

#[track_caller]
pub fn assert_follows(name: &str, document: &Value) {
    let errors: Vec<String> = VALIDATORS[name]
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "{document:#}");
}

/// Checks that the output is only documents of known kinds, each valid by its schema. Returns the
/// documents.
#[track_caller]
pub fn check(printed: &str) -> Vec<Value> {
    let documents = serde_json::Deserializer::from_str(printed).into_iter::<Value>();
    let documents: Vec<Value> = documents
        .map(|document| document.unwrap_or_else(|error| panic!("{error} in {printed}")))
        .collect();
    for document in &documents {
        if document.get("$schema").is_some() {
            assert!(jsonschema::meta::is_valid(document), "{document:#}");
            continue;
        }
        let kind = document["kind"].as_str().unwrap_or_default();
        let name = KINDS.get(kind);
        let name = name.unwrap_or_else(|| panic!("kind `{kind}` has no schema: {document:#}"));
        assert_follows(name, document);
    }
    documents
}
