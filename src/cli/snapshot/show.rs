//! `snapshot show`: the contents of a snapshot, or its records.

use std::path::PathBuf;

use clap::Args as Group;

use super::opened::{opened, refused, size};
use crate::cli::args::Output;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::Terminal;
use crate::cli::{names, print};
use crate::model::scope::TopicScope;
use crate::snapshot::Reader;
use crate::view;

#[derive(Debug, Group)]
pub(in crate::cli) struct ShowArgs {
    /// Path of the snapshot
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Print the records as JSON, one per line: all, those of a topic, or of some of its
    /// partitions, such as orders:0,2
    #[arg(long, value_name = "TOPIC[:PARTITIONS]", num_args = 0..=1)]
    #[expect(
        clippy::option_option,
        reason = "not written, written alone, written with a topic"
    )]
    records: Option<Option<String>>,
    /// Print at most this many records
    #[arg(long, value_name = "N", requires = "records")]
    limit: Option<u64>,
    /// Refuse a snapshot with more uncompressed bytes than this, such as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_bytes: Option<u64>,
}

pub(super) fn run(args: &ShowArgs, terminal: &Terminal) -> anyhow::Result<Exit> {
    if let Some(topic) = &args.records {
        return records(args, topic.as_ref(), terminal);
    }
    let path = &args.path;
    let reader = opened(path, args.max_bytes)?;
    let groups = reader.groups().map_err(|error| refused(path, &error))?;
    let deleted = reader.deleted().map_err(|error| refused(path, &error))?;
    terminal.show(
        |terminal| view::snapshot::shown(terminal.out, &reader, &groups, &deleted),
        || view::snapshot::shown_json(path, &reader, &groups, &deleted),
    );
    Ok(Exit::Done)
}

/// Prints records partition by partition.
fn records(args: &ShowArgs, topic: Option<&String>, terminal: &Terminal) -> anyhow::Result<Exit> {
    if terminal.output == Output::Yaml {
        let failure = Failure::new(Exit::BadInput, "records cannot be printed as YAML");
        return Err(failure
            .hint("leave out `-o yaml`: they are lines of JSON")
            .into());
    }
    let scope = names::topics(topic.map_or(&[], std::slice::from_ref), false)?;
    let reader = opened(&args.path, args.max_bytes)?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    for ordinal in chosen(&reader, scope.scopes.first())? {
        let Some((topic, range)) = reader.header().partitions().nth(ordinal) else {
            continue;
        };
        for block in reader.partition(ordinal, range.from) {
            let block = block.map_err(|error| refused(&args.path, &error))?;
            let is = block.timestamp_type();
            for record in block.records() {
                if left == 0 {
                    return Ok(Exit::Done);
                }
                left -= 1;
                let line = view::snapshot::record(&topic.name, range.partition, is, &record);
                if print::try_out(&line).is_err() {
                    return Ok(Exit::Done);
                }
            }
        }
    }
    Ok(Exit::Done)
}

/// The ordinals of the partitions to print.
fn chosen(reader: &Reader, scope: Option<&TopicScope>) -> Result<Vec<usize>, Failure> {
    let Some(scope) = scope else {
        return Ok((0..reader.summaries().len()).collect());
    };
    let partitions = reader.header().partitions().enumerate();
    let of_topic: Vec<(usize, i32)> = partitions
        .filter(|(_, (topic, _))| topic.name == scope.name)
        .map(|(ordinal, (_, range))| (ordinal, range.partition))
        .collect();
    let wanted = |partition: &i32| match &scope.partitions {
        Some(some) => some.contains(partition),
        None => true,
    };
    let has = |partition: &&i32| of_topic.iter().any(|(_, one)| one == *partition);
    let missing = scope.partitions.iter().flatten().find(|one| !has(one));
    let name = view::text::escape(&scope.name);
    let what = match missing {
        _ if of_topic.is_empty() => format!("topic {name}"),
        Some(partition) => format!("partition {name}:{partition}"),
        None => {
            let of_topic = of_topic.into_iter().filter(|(_, one)| wanted(one));
            return Ok(of_topic.map(|(ordinal, _)| ordinal).collect());
        }
    };
    let failure = Failure::new(Exit::BadInput, format!("the snapshot has no {what}"));
    Err(failure.hint("`tonkafka snapshot show PATH` lists what it has"))
}
