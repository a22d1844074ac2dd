//! `up`, `down`, `status`: a local cluster.

use std::path::absolute;
use std::time::Duration;

use super::args::{DownArgs, EngineArg, Global, Output, UpArgs};
use super::exit::{self, Exit, Failure, Written};
use super::terminal::Terminal;
use super::{consent, interrupted, local_context, manifest, plan, print, signals};
use crate::apply::{Report, Stop};
use crate::cluster::Cluster;
use crate::cluster::live::LiveCluster;
use crate::cluster::security::{Hidden, Login, ScramHash, Security, Tls, Trust, Verify};
use crate::cluster::settings::ConnectionSettings;
use crate::local::{
    self, Engine, LocalEvent, LocalProfile, LocalStatus, Reach, StartedCluster, Up, UpOptions,
};
use crate::manifest::{Manifest, Passing};
use crate::ops::local::PrepareError;
use crate::plan::Plan;
use crate::plan::diff::DiffOptions;
use crate::view::progress::Progress;
use crate::{ops, view};

/// How long one attempt to reach a starting broker may take.
const PROBE: Duration = Duration::from_secs(3);

pub(super) async fn up(
    global: &Global,
    args: &UpArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let manifest = manifest::read(&args.manifest, manifest::asking(Passing::default()))?;
    let options = options(args, &manifest);
    let places = global.environment.places()?;
    let spinner = terminal.spinner();
    let on_event = |event: LocalEvent| tell(terminal, &spinner, &event);
    let started = local::up(places, &options, probe, &on_event).await;
    spinner.clear();
    match started? {
        Up::Started(record) => prepare(global, &manifest, &record, terminal).await,
        Up::AlreadyRunning(record) => again(global, &manifest, &record, terminal).await,
    }
}

fn options(args: &UpArgs, manifest: &Manifest) -> UpOptions {
    UpOptions {
        engine: match args.engine {
            EngineArg::Auto => Engine::Auto,
            EngineArg::Docker => Engine::Docker,
            EngineArg::Native => Engine::Native,
        },
        profile: if args.profile.is_secure() {
            LocalProfile::Secure
        } else {
            LocalProfile::Single
        },
        port: args.port,
        data_dir: args.data_dir.clone(),
        kafka_version: args.kafka_version.clone(),
        broker: manifest.desired.broker.clone(),
        manifest: args
            .manifest
            .file
            .first()
            .and_then(|file| absolute(file).ok()),
    }
}

/// Shows an event: on the spinner, or else as a line. Without a spinner, waiting is not shown.
fn tell(terminal: &Terminal, spinner: &Progress, event: &LocalEvent) {
    let line = view::local::event(event);
    if spinner.is_drawn() {
        spinner.say(line);
    } else if !matches!(event, LocalEvent::Waiting { .. }) {
        print::note(terminal, &line);
    }
}

async fn probe(reach: Reach) -> Result<(), String> {
    let cluster = connect(&reach, PROBE)
        .await
        .map_err(|error| error.to_string())?;
    let told = ops::cluster_id(&cluster).await;
    told.map(|_| ()).map_err(|error| error.to_string())
}

async fn connect(reach: &Reach, timeout: Duration) -> anyhow::Result<LiveCluster> {
    Ok(LiveCluster::connect(&connection(reach, timeout)).await?)
}

fn connection(reach: &Reach, timeout: Duration) -> ConnectionSettings {
    ConnectionSettings {
        security: security(reach),
        timeout,
        ..ConnectionSettings::plain(&reach.bootstrap)
    }
}

fn security(reach: &Reach) -> Security {
    let Some(login) = &reach.login else {
        return Security::default();
    };
    Security {
        tls: Some(Tls {
            trust: Trust::Pem(login.ca.clone()),
            identity: None,
            verify: Verify::ChainAndName,
        }),
        login: Some(Login::Scram {
            hash: ScramHash::Sha256,
            user: login.user.to_owned(),
            password: Hidden::new(login.password.clone()),
        }),
    }
}

/// The exit code and hint for a local cluster that is not ready.
fn unprepared(error: PrepareError) -> anyhow::Error {
    let exit = match &error {
        PrepareError::Rights(_) | PrepareError::Smoke(_) => return error.into(),
        PrepareError::RightsNotSent(_) | PrepareError::SmokeNotSent(_) => Exit::Unreachable,
        PrepareError::RightsUnknown(_) | PrepareError::SmokeUnknown(_) => Exit::Unknown,
        PrepareError::SmokeStays => Exit::Partly,
    };
    let failure = Failure::new(exit, error.to_string());
    match error {
        PrepareError::RightsUnknown(_) => failure
            .hint("`tonkafka down`, then `up` sets them again")
            .into(),
        _ => failure.into(),
    }
}

async fn plan_for(cluster: &dyn Cluster, manifest: &Manifest) -> anyhow::Result<Plan> {
    let plan = ops::plan(cluster, manifest, &DiffOptions::default()).await;
    plan.map_err(plan::unplanned)
}

/// Applies the manifest to a started cluster, runs the smoke test and shows the result.
async fn prepare(
    global: &Global,
    manifest: &Manifest,
    record: &StartedCluster,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let reach = Reach::of(record)?;
    let cluster = connect(&reach, global.timeout).await?;
    // Interrupts are ignored here, so that the smoke test always deletes its topic.
    let settings = consent::settings(global, Stop::never())?;
    if record.security.is_some() {
        ops::local::give_rights(&cluster, settings)
            .await
            .map_err(unprepared)?;
    }
    let context = local_context::keep(&global.environment, record, terminal);
    let plan = plan_for(&cluster, manifest).await?;
    if let Some(exit) = consent::stops(&plan) {
        print::err(&view::plan::plan(terminal.err, &plan));
        let message = "the local cluster runs, and the manifest was not applied to it";
        let hint = "see above; `tonkafka apply` takes the flags that let guards through";
        return Err(Failure::new(exit, message).hint(hint).into());
    }
    interrupted::tell(global, &cluster, &plan.cluster_id, terminal).await;
    let stop = signals::listen()?;
    let stoppable = consent::settings(global, &stop)?;
    let report = consent::execute(&cluster, &plan, stoppable, None, terminal).await?;
    interrupted::resolve(global, &plan.cluster_id, terminal);
    if Exit::of_report(&report) != Exit::Done {
        print::err(&view::report::report(terminal.err, &report));
        return Ok(Exit::of_report(&report));
    }
    let connection = connection(&reach, global.timeout);
    let tested = ops::local::smoke(&cluster, &connection, settings).await;
    let round_trip = tested.map_err(|error| {
        let written = Written {
            changed: !report.steps.is_empty(),
            ..Written::default()
        };
        let hint = "the cluster runs: `tonkafka status` shows it, and `tonkafka down` ends it";
        exit::after(unprepared(error), written, "the manifest is applied", hint)
    })?;
    let time = view::local::round_trip(round_trip);
    let words = format!("smoke test: a record went through and back in {time}");
    print::note(terminal, &words);
    let topics = manifest.desired.topics.len();
    show(topics, record, context, &plan, &report, terminal);
    Ok(Exit::Done)
}

fn show(
    topics: usize,
    record: &StartedCluster,
    context: Option<&str>,
    plan: &Plan,
    report: &Report,
    terminal: &Terminal,
) {
    terminal.show(
        |terminal| {
            let look = terminal.out;
            [
                view::local::record(look, record),
                view::local::applied(topics, report.steps.len()),
                view::plan::remarks(look, plan),
                view::local::next(look, record, context),
            ]
            .concat()
        },
        || view::local::started_json(record, report),
    );
}

/// Says that a cluster already runs, and what an apply would change.
async fn again(
    global: &Global,
    manifest: &Manifest,
    record: &StartedCluster,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let cluster = connect(&Reach::of(record)?, global.timeout).await?;
    let plan = plan_for(&cluster, manifest).await?;
    if terminal.output == Output::Text {
        print::out("already running; nothing was changed\n");
        if !plan.is_empty() {
            let changes = view::text::count(plan.steps.len(), "change");
            print::out(&format!(
                "the manifest asks for {changes}: run `tonkafka apply`\n"
            ));
        }
    }
    terminal.show(
        |terminal| {
            let look = terminal.out;
            let context = local_context::of(&global.environment, record);
            view::local::record(look, record) + &view::local::next(look, record, context)
        },
        || view::local::already_running_json(record, plan.steps.len()),
    );
    Ok(Exit::Done)
}

pub(super) async fn down(
    global: &Global,
    args: &DownArgs,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let places = global.environment.places()?;
    let spinner = terminal.spinner();
    let on_event = |event: LocalEvent| tell(terminal, &spinner, &event);
    let down = local::down(places, args.delete_data, &on_event).await;
    spinner.clear();
    let down = down?;
    let forgotten = down.forgotten.as_ref();
    let context =
        forgotten.and_then(|one| local_context::forget(&global.environment, one, terminal));
    terminal.show(
        |_| view::local::down(&down, context),
        || view::local::down_json(&down, context),
    );
    Ok(Exit::Done)
}

/// Reports interrupted applies, and reads back those to the local cluster.
async fn tell_interrupted(global: &Global, status: &LocalStatus, terminal: &Terminal) {
    let found = interrupted::anywhere(global, terminal);
    if found.is_empty() {
        return;
    }
    let mut local_id = None;
    if let LocalStatus::Running(record) = status
        && let Ok(reach) = Reach::of(record)
        && let Ok(cluster) = connect(&reach, PROBE).await
        && let Ok(cluster_id) = ops::cluster_id(&cluster).await
    {
        interrupted::tell(global, &cluster, &cluster_id, terminal).await;
        local_id = Some(cluster_id);
    }
    for one in found {
        if local_id.as_ref() != Some(&one.cluster_id) {
            let cluster = view::text::escape(&one.cluster_id);
            let headline = view::interrupted::headline(&one);
            let doubts = view::interrupted::in_doubt(terminal.err, &one);
            print::note(
                terminal,
                &format!(
                    "cluster {cluster}: {headline}{doubts}hint: `tonkafka plan` reads them back"
                ),
            );
        }
    }
}

pub(super) async fn status(global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let status = local::status(global.environment.places()?).await?;
    terminal.show(
        |terminal| view::local::status(terminal.out, &status),
        || view::local::status_json(&status),
    );
    tell_interrupted(global, &status, terminal).await;
    Ok(match status {
        LocalStatus::Running(_) => Exit::Done,
        LocalStatus::NotRunning | LocalStatus::Died { .. } => Exit::Pending,
    })
}
