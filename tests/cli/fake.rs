//! The real program on the cluster in memory.

use serde_json::Value;
use tonkafka::cluster::fake::{FakeTopic, State};

use crate::program::{Program, Ran};

/// The program with a cluster in a file beside it.
pub struct Bench {
    pub program: Program,
    pub address: String,
}

impl Bench {
    pub fn new(manifest: &str, state: &State) -> Self {
        let program = Program::with_manifest(manifest);
        let address = put(&program, "cluster.json", state);
        Self { program, address }
    }

    /// Arguments followed by the cluster's address.
    pub fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let address = ["-b", &self.address];
        let all = arguments.iter().chain(&address);
        all.map(|one| (*one).to_owned()).collect()
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run(&self.arguments(arguments))
    }

    /// Replaces the state of the cluster.
    pub fn set(&self, state: &State) {
        put(&self.program, "cluster.json", state);
    }

    /// The current state of the cluster.
    pub fn state(&self) -> State {
        serde_json::from_str(&self.program.read("cluster.json")).unwrap()
    }
}

/// Writes a cluster to a file beside the program, and returns its address.
pub fn put(program: &Program, name: &str, state: &State) -> String {
    let file = program.write(name, &serde_json::to_string(state).unwrap());
    format!("fake:{}", file.display())
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
