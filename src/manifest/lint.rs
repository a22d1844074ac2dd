//! Checks that need several fields: topics against each other, and settings against replicas.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::layer::{Broker, Layer, Settings, Topic};
use super::policies::{Policies, WITHIN_REPLICAS};
use super::problem::{Problem, quote};
use super::problems::Problems;
use super::remark::{RemarkKind, Subject};
use super::settings::MIN_ISR;
use super::spot::{Placed, Spot};
use super::{acls, ownership, policies};
use crate::model::catalogue::{self, Line, Objection, Scope};
use crate::model::desired::Setting;
use crate::model::topic::metric_name;

const DEFAULT_REPLICAS: &str = "default.replication.factor";

/// Checks a complete layer, after defaults were filled in.
pub(super) fn check(layer: &Layer, problems: &mut Problems) {
    let topics = &layer.topics.items.list;
    let present: Vec<&Topic> = topics.iter().filter(|topic| !topic.is_absent()).collect();
    collisions(&present, problems);
    for topic in topics {
        ownership::check(&topic.name, &layer.ownership.prefixes, problems);
    }
    acls::check_owned(&layer.acls, &layer.ownership.principals, problems);
    min_isr_of_topics(&present, &layer.policies, problems);
    min_isr_of_brokers(&layer.broker, &layer.policies, problems);
    policies::check(layer, problems);
    vendors_of_topics(&present, problems);
    vendors_of_brokers(&layer.broker, problems);
    if let Some(kafka) = &layer.cluster.kafka {
        versions(kafka, &present, &layer.broker, problems);
    }
}

/// Checks that the cluster's version has the keys and accepts the values. Settings of `topics.defaults`
/// are reported once. The properties that `up` starts brokers with are not checked.
fn versions(kafka: &Placed<String>, topics: &[&Topic], broker: &Broker, problems: &mut Problems) {
    let Some(line) = Line::of(&kafka.value) else {
        return;
    };
    let topics = topics.iter().map(|topic| (Scope::Topic, &topic.configs));
    let brokers = broker.brokers.values().chain([&broker.defaults]);
    let brokers = brokers.map(|settings| (Scope::Broker, settings));
    let mut found: BTreeMap<(Spot, &str), Objection> = BTreeMap::new();
    for (scope, settings) in topics.chain(brokers) {
        for (key, setting) in settings {
            if let Setting::Value(value) = &setting.value
                && let Some(objection) = catalogue::objection(scope, key, value, line)
            {
                found.insert((setting.at, key), objection);
            }
        }
    }
    for ((at, key), objection) in found {
        let version = format!("Kafka {}", kafka.value);
        let message = match objection {
            Objection::NotYet(since) => {
                format!("{version} has no key `{key}`, which came with {since}")
            }
            _ => objection.words(key, &version),
        };
        let problem = Problem::at(at, message).related("`cluster.kafka`", kafka.at);
        problems.push(problem.hint(match objection {
            Objection::NoKey | Objection::NotYet(_) => {
                "take it out, or write it in the environment of a cluster that has it"
            }
            Objection::Value(_) => "write a value that it takes",
        }));
    }
}

/// Brokers refuse `a_b` beside `a.b`: their metrics would have one name.
fn collisions(topics: &[&Topic], problems: &mut Problems) {
    let mut seen: HashMap<String, &Topic> = HashMap::with_capacity(topics.len());
    for topic in topics {
        if let Some(first) = seen.insert(metric_name(&topic.name.value), topic) {
            let (name, other) = (quote(&topic.name.value), quote(&first.name.value));
            let message = format!("{name} and {other} are the same name in Kafka's metrics");
            problems.push(
                Problem::at(topic.name.at, message)
                    .related("the other", first.name.at)
                    .hint("use either `.` or `_` in names, not both"),
            );
        }
    }
}

/// If a topic has fewer replicas than `min.insync.replicas`, brokers require only as many in-sync
/// replicas as it has (`Partition.effectiveMinIsr`, since Kafka 3.7). Settings of `topics.defaults` are
/// reported once.
fn min_isr_of_topics(topics: &[&Topic], policies: &Policies, problems: &mut Problems) {
    let mut found: BTreeMap<(Spot, Spot, bool), Vec<&Topic>> = BTreeMap::new();
    for topic in topics {
        let (Some(least), Some(replicas)) = (number(&topic.configs, MIN_ISR), &topic.replicas)
        else {
            continue;
        };
        if least.value > i64::from(replicas.value)
            && let Some(refuses) = policies::within_replicas(policies, topic)
        {
            let places = (least.at, replicas.at, refuses);
            found.entry(places).or_default().push(topic);
        }
    }
    for ((at, replicas, refuses), topics) in found {
        problems.extend(above_replicas(at, replicas, refuses, &topics));
    }
}

const LESS_THAN_IT_SAYS: &str = "brokers use the smaller number, so it protects less than it says";

fn above_replicas(at: Spot, replicas: Spot, refuses: bool, topics: &[&Topic]) -> Option<Problem> {
    let (first, more) = topics.split_first()?;
    let least = number(&first.configs, MIN_ISR)?.value;
    let has = first.replicas.as_ref()?.value;
    let name = quote(&first.name.value);
    let who = match more.len() {
        0 => format!("the topic {name} has"),
        more => format!("the topic {name} and {more} more have"),
    };
    let plural = if has == 1 { "" } else { "s" };
    let mut message =
        format!("`{MIN_ISR}` is {least}, but {who} {has} replica{plural}: {LESS_THAN_IT_SAYS}");
    let mut hint = format!("raise `replicas`, or lower `{MIN_ISR}`");
    if refuses {
        let _ = write!(message, " (policy `{WITHIN_REPLICAS}`)");
        hint += ", or pass `--allow min-isr-above-replicas`";
    }
    let names = topics.iter().map(|topic| topic.name.value.clone());
    let subject = Subject::Topics(names.collect());
    Some(
        Problem::at(at, message)
            .related("`replicas`", replicas)
            .hint(hint)
            .about(RemarkKind::MinIsrAboveReplicas { refuses }, subject),
    )
}

/// Vendors' keys, which cannot be checked. Settings of `topics.defaults` are reported once.
fn vendors_of_topics(topics: &[&Topic], problems: &mut Problems) {
    let mut found: BTreeMap<(Spot, &str), Vec<String>> = BTreeMap::new();
    for topic in topics {
        for (key, setting) in &topic.configs {
            if catalogue::vendor(key).is_some() {
                let names = found.entry((setting.at, key)).or_default();
                names.push(topic.name.value.clone());
            }
        }
    }
    for ((at, key), names) in found {
        problems.extend(of_vendor(key, at, Subject::Topics(names)));
    }
}

fn vendors_of_brokers(broker: &Broker, problems: &mut Problems) {
    let each = broker.brokers.iter();
    let each = each.map(|(id, settings)| (settings, Subject::Broker(*id)));
    let shared = [
        (&broker.defaults, Subject::AllBrokers),
        (&broker.process, Subject::Process),
    ];
    for (settings, subject) in shared.into_iter().chain(each) {
        for (key, setting) in settings {
            problems.extend(of_vendor(key, setting.at, subject.clone()));
        }
    }
}

fn of_vendor(key: &str, at: Spot, subject: Subject) -> Option<Problem> {
    let vendor = catalogue::vendor(key)?;
    let message = format!("`{key}` is a key of {vendor}, not of Apache Kafka: it passes unchecked");
    Some(Problem::at(at, message).about(RemarkKind::VendorKey, subject))
}

/// Checks the brokers' defaults, which apply to topics that set neither `replicas` nor
/// `min.insync.replicas`.
fn min_isr_of_brokers(broker: &Broker, policies: &Policies, problems: &mut Problems) {
    let least = number(&broker.defaults, MIN_ISR);
    let replicas = number(&broker.defaults, DEFAULT_REPLICAS);
    if let (Some(least), Some(replicas)) = (least, replicas)
        && least.value > replicas.value
        && !policies::is_off(policies, WITHIN_REPLICAS)
    {
        let (least_is, replicas_are) = (least.value, replicas.value);
        let message = format!(
            "`{MIN_ISR}` is {least_is}, but `{DEFAULT_REPLICAS}` is {replicas_are}: {LESS_THAN_IT_SAYS}"
        );
        let about = RemarkKind::MinIsrAboveReplicas { refuses: false };
        problems.push(
            Problem::at(least.at, message)
                .related("`default.replication.factor`", replicas.at)
                .hint("raise `default.replication.factor`, or lower `min.insync.replicas`")
                .about(about, Subject::AllBrokers),
        );
    }
}

fn number(settings: &Settings, key: &str) -> Option<Placed<i64>> {
    let setting = settings.get(key)?;
    match &setting.value {
        Setting::Value(text) => Some(Placed::new(text.parse().ok()?, setting.at)),
        Setting::Unset => None,
    }
}
