//! Who may do what, and by which ACL.

use super::access::told_acls;
use super::looking::Looking;
use crate::cli::asked::AccessArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::shown::Shown;
use crate::model::rights::Entitled;
use crate::observe::authorizer::authorizer;
use crate::view::rights as view;

pub(super) async fn access(looking: &Looking<'_>, args: &AccessArgs) -> anyhow::Result<Shown> {
    let authorizer = authorizer(looking.cluster, &args.assume.assumed()).await?;
    let acls = told_acls(authorizer.acls.clone())?;
    let entitled = Entitled {
        principals: &args.principals,
        resource: args.resource(),
        has_ranges: authorizer.has_ranges,
    };
    let entitlements = entitled.among(&acls);
    let without_effect = entitled.without_effect(&acls);
    let terminal = looking.terminal;
    let text = terminal.form(
        || view::entitlements(terminal.out, &entitlements, &looking.choice),
        || view::entitlements_json(&entitlements, &authorizer, &without_effect),
    );
    let unclear = view::unclear(&authorizer.kind);
    let unclear = unclear.map(|words| Failure::new(Exit::Unreachable, words).into());
    let notes = view::notes(&authorizer, &without_effect);
    Ok(Shown {
        notes,
        ..Shown::with_error(text, unclear)
    })
}
