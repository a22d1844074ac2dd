//! Types of other rooms as values of arguments.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::cluster::writer::Compression;
use crate::local::{Engine, LocalProfile};
use crate::manifest::import::Peer;
use crate::model::backup::Part;
use crate::view::lag::LagBy;
use crate::view::log_dirs::LogDirsBy;

/// Gives the variants of a type their words on the command line, and their help.
macro_rules! values {
    ($Type:ident { $($Variant:ident: $word:literal, $help:literal;)* }) => {
        impl ValueEnum for $Type {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$Variant),*]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                let (word, help) = match self { $(Self::$Variant => ($word, $help)),* };
                Some(PossibleValue::new(word).help(help))
            }
        }
    };
}

values! { Compression {
    None: "none", "No compression";
    Gzip: "gzip", "Gzip";
    Snappy: "snappy", "Snappy";
    Lz4: "lz4", "LZ4";
    Zstd: "zstd", "Zstandard";
} }

values! { Engine {
    Auto: "auto", "Docker if it answers, else a native process";
    Docker: "docker", "Docker Compose";
    Native: "native", "A Java process, with Kafka from `KAFKA_HOME` or from Maven";
} }

values! { LocalProfile {
    Single: "single", "One broker that accepts everybody";
    Secure: "secure", "With TLS, ACLs, and users with passwords: admin, operator, producer, consumer";
} }

values! { Part {
    Topics: "topics", "Topics with their settings";
    Brokers: "brokers", "Settings of brokers";
    Acls: "acls", "ACLs";
    Users: "users", "Users; their passwords are in no backup";
    Quotas: "quotas", "Quotas";
    Groups: "groups", "Offsets that groups committed";
} }

values! { LagBy {
    Group: "group", "A group";
    Topic: "topic", "A topic that a group reads";
    Partition: "partition", "A partition that a group reads";
} }

values! { LogDirsBy {
    Directory: "directory", "A directory of a broker";
    Broker: "broker", "A broker";
    Topic: "topic", "A topic";
    Partition: "partition", "A replica of a partition";
} }

values! { Peer {
    Topicctl: "topicctl", "Topics of topicctl";
    Jikkou: "jikkou", "Resources of Jikkou";
    KafkaGitops: "kafka-gitops", "State files of kafka-gitops";
} }
