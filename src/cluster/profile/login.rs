//! `sasl.*`: the login.

use super::given::Given;
use super::jaas;
use super::module::Module;
use super::oauth;
use super::sheet::Sheet;
use crate::cluster::security::{Hidden, Login, MskIam, ScramHash};

/// The supported mechanisms.
const MECHANISMS: &str = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER and AWS_MSK_IAM";
const IAM_HANDLER: &str = "software.amazon.msk.auth.iam.IAMClientCallbackHandler";

/// Reads the login; none on errors.
pub(super) fn read(sheet: &mut Sheet) -> Option<Login> {
    let module = module(sheet);
    let mechanism = mechanism(sheet, module.as_ref())?;
    client_handler(sheet, &mechanism);
    if !fits(sheet, &mechanism, module.as_ref()) {
        sheet.login_is_looked_at();
        return None;
    }
    match mechanism.value.as_str() {
        "PLAIN" => {
            let (user, password) = user(
                sheet,
                &mechanism,
                module.as_ref(),
                &["username", "password"],
            )?;
            Some(Login::Plain { user, password })
        }
        "OAUTHBEARER" => oauth::read(sheet, &mechanism, module.as_ref()),
        "AWS_MSK_IAM" => Some(Login::MskIam(iam(sheet, module.as_ref()))),
        scram => {
            if let Some(module) = &module
                && module
                    .option("tokenauth")
                    .is_some_and(|value| value.eq_ignore_ascii_case("true"))
            {
                let message = "a login with a delegation token (`tokenauth`) is not supported";
                module.fault(sheet, message, "log in as the user that the token is for");
            }
            let known = ["username", "password", "tokenauth"];
            let (user, password) = user(sheet, &mechanism, module.as_ref(), &known)?;
            let hash = match scram {
                "SCRAM-SHA-256" => ScramHash::Sha256,
                _ => ScramHash::Sha512,
            };
            Some(Login::Scram {
                hash,
                user,
                password,
            })
        }
    }
}

fn module(sheet: &mut Sheet) -> Option<Module> {
    let given = sheet.text("sasl.jaas.config")?;
    match jaas::parse(&given.value) {
        Ok(entry) => Some(Module { given, entry }),
        Err(why) => {
            let hint = "its form is `MODULE required KEY=\"VALUE\" …;`";
            sheet.fault(&given.place, format!("`sasl.jaas.config`: {why}"), hint);
            None
        }
    }
}

/// The mechanism in capitals; none if it is not supported.
fn mechanism(sheet: &mut Sheet, module: Option<&Module>) -> Option<Given> {
    let apache = sheet.text("sasl.mechanism");
    let librdkafka = sheet.text("sasl.mechanisms");
    if let (Some(_), Some(second)) = (&apache, &librdkafka) {
        let message = "`sasl.mechanisms` says again what `sasl.mechanism` says";
        sheet.fault(&second.place, message, "keep one of the two");
    }
    let Some(mut given) = apache.or(librdkafka) else {
        let protocol = sheet.given("security.protocol")?;
        let hint = match module.and_then(|module| of_module(module.entry.class())) {
            Some(known) => format!("set `sasl.mechanism={}`", known[0]),
            None => format!("set `sasl.mechanism` to one of {MECHANISMS}"),
        };
        let message = format!(
            "`security.protocol={}` is there without `sasl.mechanism`: Kafka's default is GSSAPI, which is not supported",
            protocol.value.trim()
        );
        sheet.lacks(
            &["sasl.mechanism", "sasl.mechanisms"],
            &protocol.place,
            message,
            hint,
        );
        // Without it, other settings of the login cannot be checked.
        sheet.login_is_looked_at();
        return None;
    };
    given.value = given.value.to_ascii_uppercase();
    let (message, hint) = match given.value.as_str() {
        "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" | "OAUTHBEARER" | "AWS_MSK_IAM" => {
            return Some(given);
        }
        "GSSAPI" => (
            "`GSSAPI` (Kerberos) is not supported: it needs the system's Kerberos libraries, which this program does not have".to_owned(),
            "log in at a listener with SCRAM, mTLS or OAUTHBEARER".to_owned(),
        ),
        other => (
            format!("`{other}` is no mechanism that is supported"),
            format!("use one of {MECHANISMS}"),
        ),
    };
    sheet.fault(&given.place, message, hint);
    sheet.login_is_looked_at();
    None
}

/// The mechanisms of a login module.
fn of_module(class: &str) -> Option<&'static [&'static str]> {
    match class {
        "PlainLoginModule" => Some(&["PLAIN"]),
        "ScramLoginModule" => Some(&["SCRAM-SHA-512", "SCRAM-SHA-256"]),
        "OAuthBearerLoginModule" => Some(&["OAUTHBEARER"]),
        "IAMLoginModule" => Some(&["AWS_MSK_IAM"]),
        _ => None,
    }
}

/// Whether the module fits the mechanism; if not, adds an error.
fn fits(sheet: &mut Sheet, mechanism: &Given, module: Option<&Module>) -> bool {
    let Some(module) = module else {
        return true;
    };
    let class = module.entry.class();
    match of_module(class) {
        Some(mechanisms) if mechanisms.contains(&mechanism.value.as_str()) => return true,
        Some(mechanisms) => {
            let message = format!(
                "the login module {class} does not fit the mechanism {} ({})",
                mechanism.value, mechanism.place
            );
            let hint = format!("it is for {}", mechanisms.join(" and "));
            module.fault(sheet, message, &hint);
        }
        None if class == "Krb5LoginModule" => {
            let message =
                "the login module Krb5LoginModule is for GSSAPI (Kerberos), which is not supported";
            module.fault(sheet, message, "log in with SCRAM, mTLS or OAUTHBEARER");
        }
        None => {
            let message = format!("the login module `{}` is not known", module.entry.module);
            let hint =
                "use PlainLoginModule, ScramLoginModule, OAuthBearerLoginModule or IAMLoginModule";
            module.fault(sheet, message, hint);
        }
    }
    false
}

/// `sasl.client.callback.handler.class`: a Java class; only one is supported.
fn client_handler(sheet: &mut Sheet, mechanism: &Given) {
    let Some(given) = sheet.text("sasl.client.callback.handler.class") else {
        return;
    };
    if given.value == IAM_HANDLER && mechanism.value == "AWS_MSK_IAM" {
        return;
    }
    let message = format!(
        "the class `{}` is not known, and no Java is run",
        given.value
    );
    let hint = "remove the key, or name the credentials in `sasl.jaas.config`";
    sheet.fault(&given.place, message, hint);
}

/// User name and password, from the module or from librdkafka's keys.
fn user(
    sheet: &mut Sheet,
    mechanism: &Given,
    module: Option<&Module>,
    known: &[&str],
) -> Option<(String, Hidden)> {
    let user = sheet.text("sasl.username");
    let password = sheet.text("sasl.password");
    let Some(module) = module else {
        if sheet.has("sasl.jaas.config") || sheet.is_lost("sasl.jaas.config") {
            return None; // why it cannot be read is told
        }
        return match (user, password) {
            (Some(user), Some(password)) => Some((user.value, Hidden::new(password.value))),
            (None, None) => {
                let message = format!(
                    "`{}={}` is there without a login",
                    mechanism.key, mechanism.value
                );
                let hint = "set `sasl.jaas.config`, or `sasl.username` and `sasl.password`";
                let keys = ["sasl.username", "sasl.password"];
                sheet.lacks(&keys, &mechanism.place, message, hint);
                None
            }
            (Some(user), None) => {
                let message = "`sasl.username` is there without `sasl.password`";
                let hint = "set `sasl.password`";
                sheet.lacks(&["sasl.password"], &user.place, message, hint);
                None
            }
            (None, Some(password)) => {
                let message = "`sasl.password` is there without `sasl.username`";
                let hint = "set `sasl.username`";
                sheet.lacks(&["sasl.username"], &password.place, message, hint);
                None
            }
        };
    };
    for again in [user, password].into_iter().flatten() {
        let message = format!("`{}` says again what `sasl.jaas.config` says", again.key);
        sheet.fault(&again.place, message, "keep one of the two");
    }
    module.only(sheet, known, &[]);
    let (user, password) = (module.option("username"), module.option("password"));
    for (name, value) in [("username", user), ("password", password)] {
        if value.is_none() {
            let message = format!("`sasl.jaas.config` has no `{name}`");
            module.fault(
                sheet,
                message,
                "add `username=\"…\" password=\"…\"` before its `;`",
            );
        }
    }
    Some((user?.to_owned(), Hidden::new(password?)))
}

/// The AWS credentials to use.
fn iam(sheet: &mut Sheet, module: Option<&Module>) -> MskIam {
    let Some(module) = module else {
        return MskIam::default();
    };
    let without_effect = ["awsDebugCreds", "awsMaxRetries", "awsMaxBackOffTimeMs"];
    let known = [
        "awsProfileName",
        "awsRoleArn",
        "awsRoleSessionName",
        "awsStsRegion",
    ];
    module.only(sheet, &[&known[..], &without_effect].concat(), &[]);
    let option = |name: &str| module.option(name).map(str::to_owned);
    let role = option("awsRoleArn");
    for name in ["awsRoleSessionName", "awsStsRegion"] {
        if role.is_none() && module.option(name).is_some() {
            let message = format!("`{name}` is there without `awsRoleArn`");
            module.fault(sheet, message, "name the role that is taken on");
        }
    }
    MskIam {
        region: None,
        profile: option("awsProfileName"),
        role,
        session: option("awsRoleSessionName"),
        sts_region: option("awsStsRegion"),
    }
}
