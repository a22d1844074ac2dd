//! The cluster in memory behind the real program.

use std::path::PathBuf;

use serde_json::Value;
use tonkafka::cluster::fake::{FakeTopic, State};

use crate::program::{Program, Ran};

/// The program, and a cluster in a file beside it.
pub struct Bench {
    pub program: Program,
    file: PathBuf,
}

impl Bench {
    pub fn new(manifest: &str, state: &State) -> Self {
        let program = Program::with_manifest(manifest);
        let text = serde_json::to_string(state).unwrap();
        let file = program.write("cluster.json", &text);
        Self { program, file }
    }

    /// Arguments with the cluster's address after them.
    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let at = format!("fake:{}", self.file.display());
        let own = arguments.iter().map(|one| (*one).to_owned());
        own.chain(["-b".to_owned(), at]).collect()
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run(&self.arguments(arguments))
    }

    /// Makes the cluster another one.
    pub fn set(&self, state: &State) {
        let text = serde_json::to_string(state).unwrap();
        self.program.write("cluster.json", &text);
    }

    /// What the cluster holds now.
    pub fn state(&self) -> State {
        serde_json::from_str(&self.program.read("cluster.json")).unwrap()
    }
}

pub fn topic(partitions: i32, configs: &[(&str, &str)]) -> FakeTopic {
    FakeTopic {
        id: 1,
        partitions,
        replicas: 1,
        configs: configs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// A state with these topics.
pub fn holding(topics: &[(&str, FakeTopic)]) -> State {
    State {
        topics: topics
            .iter()
            .map(|(name, topic)| ((*name).to_owned(), topic.clone()))
            .collect(),
        ..State::default()
    }
}

/// The error document of a failed run with `-o json`.
pub fn error(ran: &Ran) -> Value {
    let document = ran.json();
    assert_eq!(document["kind"], "Error");
    assert_eq!(document["formatVersion"], 1);
    document["error"].clone()
}
