//! `OAUTHBEARER`: where tokens come from.
//!
//! Three ways of saying it are read: Apache's, with `OAuthBearerLoginModule` and `sasl.oauthbearer.*`;
//! librdkafka's, with `sasl.oauthbearer.method=oidc`; and Strimzi's, whose handler takes everything from
//! the options of the module.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::given::Given;
use super::module::Module;
use super::sheet::{Sheet, only};
use super::stores::Form;
use super::tls;
use crate::cluster::security::{Hidden, Login, TokenSource, Trust};

const STRIMZI: &str = "io.strimzi.kafka.oauth.client.JaasClientOauthLoginCallbackHandler";
const APACHE: [&str; 2] = [
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
    "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
];
const PACKAGE: &str = "org.apache.kafka.common.security.oauthbearer.";

/// Reads the OAuth settings; none on errors.
pub(super) fn read(sheet: &mut Sheet, mechanism: &Given, module: Option<&Module>) -> Option<Login> {
    classes(sheet);
    if module.is_none() && sheet.has("sasl.jaas.config") {
        return None; // why it cannot be read is told
    }
    let handler = sheet.text("sasl.login.callback.handler.class");
    match (handler, module) {
        (Some(handler), Some(module)) if handler.value == STRIMZI => strimzi(sheet, module),
        (Some(handler), _) if !APACHE.contains(&handler.value.as_str()) => {
            refuse_handler(sheet, &handler);
            sheet.login_is_looked_at();
            None
        }
        (_, module) => plain(sheet, mechanism, module),
    }
}

fn refuse_handler(sheet: &mut Sheet, handler: &Given) {
    let message = format!(
        "the class `{}` is not known, and no Java is run",
        handler.value
    );
    let hint = if handler.value.starts_with("software.amazon.msk.") {
        "use `sasl.mechanism=AWS_MSK_IAM` with IAMLoginModule, which the same port takes"
    } else {
        "name an end point with `sasl.oauthbearer.token.endpoint.url`, and Kafka's OAuthBearerLoginCallbackHandler"
    };
    sheet.fault(&handler.place, message, hint);
}

/// Settings that can only have the value of what this program does anyway.
fn classes(sheet: &mut Sheet) {
    only(sheet, "enable.sasl.oauthbearer.unsecure.jwt", &["false"]);
    only(sheet, "sasl.oauthbearer.method", &["oidc"]);
    only(
        sheet,
        "sasl.oauthbearer.grant.type",
        &["client_credentials"],
    );
    only(
        sheet,
        "sasl.oauthbearer.metadata.authentication.type",
        &["none"],
    );
    let retrievers = [
        "DefaultJwtRetriever",
        "ClientCredentialsJwtRetriever",
        "FileJwtRetriever",
    ];
    let retrievers = retrievers.map(|class| format!("{PACKAGE}{class}"));
    let retrievers: Vec<&str> = retrievers.iter().map(String::as_str).collect();
    only(sheet, "sasl.oauthbearer.jwt.retriever.class", &retrievers);
    let validators = ["DefaultJwtValidator", "ClientJwtValidator"];
    let validators = validators.map(|class| format!("{PACKAGE}{class}"));
    let validators: Vec<&str> = validators.iter().map(String::as_str).collect();
    only(sheet, "sasl.oauthbearer.jwt.validator.class", &validators);
}

/// Apache's and librdkafka's settings.
fn plain(sheet: &mut Sheet, mechanism: &Given, module: Option<&Module>) -> Option<Login> {
    if let Some(module) = module {
        if let Some((key, _)) = module
            .entry
            .options
            .iter()
            .find(|(key, _)| key.starts_with("unsecured"))
        {
            let message =
                format!("`{key}` makes a token that nobody signed, which anybody can make");
            let hint = "name an end point with `sasl.oauthbearer.token.endpoint.url`";
            module.fault(sheet, message, hint);
            sheet.login_is_looked_at();
            return None;
        }
        let known = ["clientId", "clientSecret", "scope"];
        let stores = [
            "ssl.truststore.location",
            "ssl.truststore.password",
            "ssl.truststore.type",
        ];
        module.only(sheet, &[&known[..], &stores].concat(), &["extension_"]);
    }
    let extensions = extensions(sheet, module);
    let Some(endpoint) = sheet.text("sasl.oauthbearer.token.endpoint.url") else {
        let message = format!(
            "`{}={}` is there without a place where tokens come from",
            mechanism.key, mechanism.value
        );
        let hint = "set `sasl.oauthbearer.token.endpoint.url` to an https URL, or to `file:///PATH` of a token";
        let key = "sasl.oauthbearer.token.endpoint.url";
        sheet.lacks(&[key], &mechanism.place, message, hint);
        sheet.login_is_looked_at();
        return None;
    };
    let source = if let Some(path) = token_file(&endpoint.value) {
        let path = Sheet::beside(&endpoint, &path);
        sheet.has_secret(&path);
        if let Err(error) = fs::metadata(&path) {
            let message = format!("cannot read the token file {}: {error}", path.display());
            let hint = "name a file that has the token and nothing else";
            sheet.fault(&endpoint.place, message, hint);
        }
        TokenSource::File(path)
    } else {
        check_url(
            sheet,
            &endpoint.place,
            "`sasl.oauthbearer.token.endpoint.url`",
            &endpoint.value,
        )?;
        credentials(sheet, &endpoint, module)?
    };
    Some(Login::OAuthBearer { source, extensions })
}

fn credentials(
    sheet: &mut Sheet,
    endpoint: &Given,
    module: Option<&Module>,
) -> Option<TokenSource> {
    let mut said = |keys: &[&str], option: &str| -> Option<String> {
        let given: Vec<Given> = keys.iter().filter_map(|key| sheet.text(key)).collect();
        let in_module = module
            .and_then(|module| module.option(option))
            .map(str::to_owned);
        let again = given.iter().skip(usize::from(in_module.is_none()));
        for given in again {
            let message = format!("`{}` is said again in another key", given.key);
            sheet.fault(&given.place, message, "keep one of the two");
        }
        in_module.or_else(|| given.into_iter().next().map(|given| given.value))
    };
    let id = said(
        &[
            "sasl.oauthbearer.client.credentials.client.id",
            "sasl.oauthbearer.client.id",
        ],
        "clientId",
    );
    let secret = said(
        &[
            "sasl.oauthbearer.client.credentials.client.secret",
            "sasl.oauthbearer.client.secret",
        ],
        "clientSecret",
    );
    let scope = said(&["sasl.oauthbearer.scope"], "scope");
    let trust =
        match module.and_then(|module| Some((module, module.option("ssl.truststore.location")?))) {
            Some((module, path)) => module_trust(sheet, module, path, "ssl.truststore"),
            None => tls::trust_of(sheet, "https.ca.location", "https.ca.pem"),
        };
    for (value, name) in [(&id, "id"), (&secret, "secret")] {
        if value.is_none() {
            let message = format!("the end point of tokens is there without the client's {name}");
            let hint = format!("set `sasl.oauthbearer.client.credentials.client.{name}`");
            sheet.fault(&endpoint.place, message, hint);
        }
    }
    let (client_id, client_secret) = (id?, secret?);
    check_encoding(sheet, &client_id, &client_secret);
    Some(TokenSource::ClientCredentials {
        endpoint: endpoint.value.clone(),
        client_id,
        client_secret: Hidden::new(client_secret),
        scope,
        parameters: BTreeMap::new(),
        trust,
    })
}

/// `sasl.oauthbearer.header.urlencode`: id and secret are always encoded, as the standard says, which
/// changes only those that have other characters than these.
fn check_encoding(sheet: &mut Sheet, id: &str, secret: &str) {
    let Some(given) = sheet.text("sasl.oauthbearer.header.urlencode") else {
        return;
    };
    let is_plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte))
    };
    if given.value.eq_ignore_ascii_case("false") && !(is_plain(id) && is_plain(secret)) {
        let message = "`sasl.oauthbearer.header.urlencode=false` is not supported for a client's id or secret with special characters";
        sheet.fault(
            &given.place,
            message,
            "remove the key: most servers take the standard's form",
        );
    }
}

/// SASL extensions, of the module and of librdkafka's key.
fn extensions(sheet: &mut Sheet, module: Option<&Module>) -> BTreeMap<String, String> {
    let options = module.iter().flat_map(|module| &module.entry.options);
    let mut found: BTreeMap<String, String> = options
        .filter_map(|(key, value)| {
            Some((key.strip_prefix("extension_")?.to_owned(), value.clone()))
        })
        .collect();
    if let Some(given) = sheet.text("sasl.oauthbearer.extensions") {
        for pair in given.value.split(',') {
            if let Some((key, value)) = pair.split_once('=') {
                found.insert(key.trim().to_owned(), value.trim().to_owned());
            } else {
                let message = "`sasl.oauthbearer.extensions` has a part without `=`";
                sheet.fault(&given.place, message, "write `KEY=VALUE,KEY=VALUE`");
            }
        }
    }
    found
}

/// The options of Strimzi's handler that are read.
const STRIMZI_OPTIONS: [&str; 10] = [
    "oauth.access.token",
    "oauth.access.token.location",
    "oauth.audience",
    "oauth.client.id",
    "oauth.client.secret",
    "oauth.scope",
    "oauth.ssl.truststore.location",
    "oauth.ssl.truststore.password",
    "oauth.ssl.truststore.type",
    "oauth.token.endpoint.uri",
];

/// Options that are ignored.
const STRIMZI_TUNING: [&str; 7] = [
    "oauth.access.token.is.jwt",
    "oauth.connect.timeout.seconds",
    "oauth.http.retries",
    "oauth.http.retry.pause.millis",
    "oauth.max.token.expiry.seconds",
    "oauth.read.timeout.seconds",
    "oauth.username.claim",
];

/// Strimzi's settings: all are options of the module.
fn strimzi(sheet: &mut Sheet, module: &Module) -> Option<Login> {
    let known = [&STRIMZI_OPTIONS[..], &STRIMZI_TUNING].concat();
    module.only(sheet, &known, &["extension_"]);
    let extensions = extensions(sheet, Some(module));
    let source = if let Some(token) = module.option("oauth.access.token") {
        TokenSource::Fixed(Hidden::new(token))
    } else if let Some(path) = module.option("oauth.access.token.location") {
        let path = Sheet::beside(&module.given, Path::new(path));
        sheet.has_secret(&path);
        TokenSource::File(path)
    } else {
        strimzi_credentials(sheet, module)?
    };
    Some(Login::OAuthBearer { source, extensions })
}

fn strimzi_credentials(sheet: &mut Sheet, module: &Module) -> Option<TokenSource> {
    let option = |name: &str| module.option(name).map(str::to_owned);
    let names = [
        "oauth.token.endpoint.uri",
        "oauth.client.id",
        "oauth.client.secret",
    ];
    for name in names {
        if module.option(name).is_none() {
            let message = format!("`sasl.jaas.config` has no `{name}`");
            module.fault(sheet, message, "add it before its `;`");
        }
    }
    let [endpoint, client_id, secret] = names.map(option);
    let (endpoint, client_id, secret) = (endpoint?, client_id?, secret?);
    let place = &module.given.place;
    check_url(sheet, place, "`oauth.token.endpoint.uri`", &endpoint)?;
    let trust = match option("oauth.ssl.truststore.location") {
        Some(path) => module_trust(sheet, module, &path, "oauth.ssl.truststore"),
        None => Trust::System,
    };
    let audience = option("oauth.audience").map(|value| ("audience".to_owned(), value));
    Some(TokenSource::ClientCredentials {
        endpoint,
        client_id,
        client_secret: Hidden::new(secret),
        scope: option("oauth.scope"),
        parameters: audience.into_iter().collect(),
        trust,
    })
}

/// A trust store that the options of a module name.
fn module_trust(sheet: &mut Sheet, module: &Module, path: &str, start: &str) -> Trust {
    let path = Sheet::beside(&module.given, Path::new(path));
    let form = module
        .option(&format!("{start}.type"))
        .and_then(Form::named);
    let password = module.option(&format!("{start}.password"));
    match tls::trusted_file(&path, form, password) {
        Ok(pem) => Trust::Pem(pem),
        Err((message, hint)) => {
            let message = format!(
                "`{start}.location`: cannot use {}: {message}",
                path.display()
            );
            module.fault(sheet, message, &hint);
            Trust::System
        }
    }
}

/// The path of a `file:` URL.
fn token_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("file:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    Some(path.into())
}

/// A token is as valuable as a password: it is fetched over TLS, or from this machine.
fn check_url(sheet: &mut Sheet, place: &super::FileLine, what: &str, url: &str) -> Option<()> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let (message, hint) = match authority {
        None | Some("") => (
            format!("{what} is no URL of `https:` or `file:`"),
            "write `https://HOST/PATH`",
        ),
        Some(authority) if authority.contains('@') => (
            format!("{what} has a name before its host, which is not supported"),
            "set the client's id and secret in keys of their own",
        ),
        Some(authority)
            if url.starts_with("http:") && !crate::model::address::is_loopback(authority) =>
        {
            (
                format!("{what} is not encrypted, and the client's secret would go there"),
                "write `https://…`",
            )
        }
        Some(_) => return Some(()),
    };
    sheet.fault(place, message, hint);
    sheet.login_is_looked_at();
    None
}
