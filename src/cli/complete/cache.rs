//! Names that a cluster had a moment ago: one small file for each cluster, in the user's cache
//! directory, private to the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::model::hex::digest;
use crate::store;

const FORMAT_VERSION: u32 = 2;

/// A cluster's names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names {
    pub(super) topics: Vec<String>,
    pub(super) brokers: Vec<i32>,
    pub(super) groups: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    format_version: u32,
    bootstrap: String,
    #[serde(flatten)]
    names: Names,
}

/// The file of one cluster.
pub(super) struct Cache {
    bootstrap: String,
    path: PathBuf,
}

impl Cache {
    /// The file of the cluster with these addresses.
    pub(super) fn of(directory: &Path, bootstrap: &[String]) -> Self {
        let bootstrap = bootstrap.join(",");
        let name = digest(&bootstrap, 8) + ".json";
        let path = directory.join("completions").join(name);
        Self { bootstrap, path }
    }

    /// The saved names, if they are at most `age` old.
    pub(super) fn load(&self, age: Duration) -> Option<Names> {
        let saved_at = fs::metadata(&self.path).ok()?.modified().ok()?;
        // The file is from the future: its age is not known.
        let elapsed = SystemTime::now().duration_since(saved_at).ok()?;
        let text = fs::read(&self.path).ok().filter(|_| elapsed <= age)?;
        let saved: Saved = serde_json::from_slice(&text).ok()?;
        let ours = saved.format_version == FORMAT_VERSION && saved.bootstrap == self.bootstrap;
        ours.then_some(saved.names)
    }

    /// Replaces the file atomically. Failures are ignored.
    pub(super) fn save(&self, names: &Names) {
        let saved = Saved {
            format_version: FORMAT_VERSION,
            bootstrap: self.bootstrap.clone(),
            names: names.clone(),
        };
        if let Ok(text) = serde_json::to_vec(&saved) {
            let _ = store::cache(&self.path, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn names_are_kept_for_a_while_and_a_cluster() {
        let directory = tempfile::tempdir().unwrap();
        let cache = |bootstrap: &str| Cache::of(directory.path(), &[bootstrap.to_owned()]);
        let names = Names {
            topics: vec!["a".into()],
            brokers: vec![1],
            groups: vec!["g".into()],
        };
        let minute = Duration::from_mins(1);
        assert_eq!(cache("x:1").load(minute), None);
        cache("x:1").save(&names);
        assert_eq!(cache("x:1").load(minute), Some(names));
        assert_eq!(cache("y:1").load(minute), None);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(cache("x:1").load(Duration::ZERO), None);

        let path = &cache("x:1").path;
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(path, "{").unwrap();
        assert_eq!(cache("x:1").load(minute), None);
        let files = fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1);
    }
}
