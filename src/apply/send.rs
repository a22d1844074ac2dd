//! How steps are sent: those of one kind in one request.

use crate::cluster::access::QuotaAlteration;
use crate::cluster::{Answer, BrokerError, Cluster, Mode, NewTopic};
use crate::model::access::AclBinding;
use crate::model::config::{ConfigAlteration, ConfigResource};
use crate::model::measure::TopicPartition;
use crate::plan::{Action, ConfigChange, Resource, Step};

/// Requests on their way at once.
pub(super) const PARALLEL: usize = 3;

/// Sends steps of one kind in one request, and says what became of each, in their order. Deletes are only ever
/// written.
pub(super) async fn send(cluster: &dyn Cluster, steps: &[Step], mode: Mode) -> Vec<Answer> {
    let Some(first) = steps.first() else {
        return Vec::new();
    };
    match &first.action {
        Action::Create { .. } => {
            let send = async |topics: Vec<_>| cluster.create_topics(&topics, mode).await;
            each(steps, new_topic, send).await
        }
        Action::Grow { .. } => {
            let send = async |totals: Vec<_>| cluster.create_partitions(&totals, mode).await;
            each(steps, total, send).await
        }
        Action::Configure { .. } => {
            let send = async |changes: Vec<_>| cluster.alter_configs(&changes, mode).await;
            each(steps, alterations, send).await
        }
        Action::Delete { .. } => {
            let send = async |topics: Vec<_>| cluster.delete_topics(&topics).await;
            let topic = |step: &Step| Some((topic_name(step)?, step.topic_id));
            gone(each(steps, topic, send).await)
        }
        Action::Commit(_) | Action::Forget { .. } => {
            let group = first.resource.group_id().unwrap_or_default();
            joined(commits(cluster, group, steps).await)
        }
        Action::DeleteGroup(_) => {
            let send = async |ids: Vec<_>| cluster.delete_groups(&ids).await;
            let group = |step: &Step| step.resource.group_id().map(str::to_owned);
            joined(each(steps, group, send).await)
        }
        Action::Truncate(_) => {
            let send = async |before: Vec<_>| cluster.delete_records(&before).await;
            each(steps, truncation, send).await
        }
        Action::CreateAcl => {
            let send = async |acls: Vec<_>| cluster.create_acls(&acls).await;
            each(steps, acl, send).await
        }
        Action::DeleteAcl => {
            let send = async |acls: Vec<_>| cluster.delete_acls(&acls).await;
            each(steps, acl, send).await
        }
        Action::AlterQuota { .. } => {
            let send = async |changes: Vec<_>| cluster.alter_quotas(&changes).await;
            each(steps, quota_alteration, send).await
        }
    }
}

/// Sends what `part` makes of each step. A step of which it makes nothing is refused here and moves no answer
/// to another step.
async fn each<T>(
    steps: &[Step],
    part: impl Fn(&Step) -> Option<T>,
    send: impl AsyncFnOnce(Vec<T>) -> Vec<Answer>,
) -> Vec<Answer> {
    let parts: Vec<Option<T>> = steps.iter().map(part).collect();
    let are_sent: Vec<bool> = parts.iter().map(Option::is_some).collect();
    let mut answers = send(parts.into_iter().flatten().collect())
        .await
        .into_iter();
    let answer = |(step, is_sent): (&Step, bool)| {
        if !is_sent {
            return misfit(step);
        }
        let reason = "nothing was said of it".to_owned();
        answers.next().unwrap_or(Answer::Unknown { reason })
    };
    steps.iter().zip(are_sent).map(answer).collect()
}

fn misfit(step: &Step) -> Answer {
    let (action, resource) = (step.action.name(), &step.resource);
    let message = format!("`{action}` cannot be done to {resource} with the steps beside it");
    Answer::refused("INVALID_REQUEST", message)
}

/// A broker says only that it does not know the id. The topic was there right before.
fn gone(answers: Vec<Answer>) -> Vec<Answer> {
    let words = "the topic was deleted, or made anew, meanwhile: nothing was deleted";
    let answer = |answer| match answer {
        Answer::Refused(error) if error.code == "UNKNOWN_TOPIC_ID" => {
            Answer::Refused(BrokerError {
                message: words.to_owned(),
                ..error
            })
        }
        answer => answer,
    };
    answers.into_iter().map(answer).collect()
}

/// Changes what one group committed.
async fn commits(cluster: &dyn Cluster, group: &str, steps: &[Step]) -> Vec<Answer> {
    match steps.first().map(|step| &step.action) {
        Some(Action::Commit(first)) if first.share => {
            let start = |step: &Step| match &step.action {
                Action::Commit(change) => Some((step.resource.partition()?, change.after.offset)),
                _ => None,
            };
            let send = async |starts: Vec<_>| cluster.alter_share_offsets(group, &starts).await;
            each(steps, start, send).await
        }
        Some(Action::Commit(_)) => {
            let commit = |step: &Step| match &step.action {
                Action::Commit(change) => Some((step.resource.partition()?, change.after.clone())),
                _ => None,
            };
            let send = async |commits: Vec<_>| cluster.commit_offsets(group, &commits).await;
            each(steps, commit, send).await
        }
        _ => {
            let send = async |partitions: Vec<_>| cluster.delete_offsets(group, &partitions).await;
            each(steps, |step| step.resource.partition(), send).await
        }
    }
}

/// Coordinators refuse writes to a group with members with codes that say nothing to a person. There
/// were none right before.
fn joined(answers: Vec<Answer>) -> Vec<Answer> {
    let answer = |answer| {
        let Answer::Refused(error) = answer else {
            return answer;
        };
        let message = match error.code.as_str() {
            "UNKNOWN_MEMBER_ID" | "NON_EMPTY_GROUP" => {
                "the group has members now: a consumer joined meanwhile".to_owned()
            }
            "GROUP_SUBSCRIBED_TO_TOPIC" => {
                "the group has members now that read the topic: a consumer joined meanwhile"
                    .to_owned()
            }
            _ => error.message,
        };
        Answer::Refused(BrokerError {
            message,
            code: error.code,
        })
    };
    answers.into_iter().map(answer).collect()
}

fn truncation(step: &Step) -> Option<(TopicPartition, i64)> {
    match &step.action {
        Action::Truncate(truncation) => Some((step.resource.partition()?, truncation.before)),
        _ => None,
    }
}

fn acl(step: &Step) -> Option<AclBinding> {
    match &step.resource {
        Resource::Acl(acl) => Some(acl.clone()),
        _ => None,
    }
}

fn quota_alteration(step: &Step) -> Option<QuotaAlteration> {
    match (&step.resource, &step.action) {
        (Resource::Quota { entity }, Action::AlterQuota { changes }) => {
            let changes = changes.iter().map(|one| (one.key.clone(), one.after));
            Some((entity.clone(), changes.collect()))
        }
        _ => None,
    }
}

fn topic_name(step: &Step) -> Option<String> {
    match &step.resource {
        Resource::Topic { name } => Some(name.clone()),
        _ => None,
    }
}

fn new_topic(step: &Step) -> Option<NewTopic> {
    match &step.action {
        Action::Create {
            partitions,
            replicas,
            configs,
        } => Some(NewTopic {
            name: topic_name(step)?,
            partitions: *partitions,
            replicas: *replicas,
            configs: configs.clone(),
        }),
        _ => None,
    }
}

fn total(step: &Step) -> Option<(String, i32)> {
    match &step.action {
        Action::Grow { after, .. } => Some((topic_name(step)?, *after)),
        _ => None,
    }
}

fn alterations(step: &Step) -> Option<(ConfigResource, Vec<ConfigAlteration>)> {
    match &step.action {
        Action::Configure { changes } => Some((
            step.resource.config_resource()?,
            changes.iter().map(ConfigChange::alteration).collect(),
        )),
        _ => None,
    }
}
