//! Runs the example of the crate as a library.

#[allow(dead_code, reason = "its `main` is run by whoever tries it")]
#[path = "../../examples/plan_and_apply.rs"]
mod plan_and_apply;

use plan_and_apply::bring;
use tonkafka::apply::ReportStatus;

use crate::program::Program;
use crate::support::kafka;

#[tokio::test]
async fn a_library_user_plans_and_applies() {
    let kafka = kafka::single();
    let name = kafka::topic_name("library");
    let items = format!("    - {{name: {name}, partitions: 2, replicas: 1}}\n");
    let text = format!("version: 1\ntopics:\n  items:\n{items}");
    let program = Program::with_manifest(&text);
    let (manifest, bootstrap) = (program.path().join("topics.yaml"), kafka.bootstrap());
    let shelves = program.path().join("state");
    let first = bring(&bootstrap, manifest.clone(), &shelves).await.unwrap();
    assert_eq!((first.status(), first.steps.len()), (ReportStatus::Done, 1));
    let second = bring(&bootstrap, manifest.clone(), &shelves).await.unwrap();
    assert_eq!(second.steps, []);

    let fewer = text.replace("partitions: 2", "partitions: 1");
    std::fs::write(&manifest, fewer).unwrap();
    let refused = bring(&bootstrap, manifest, &shelves).await.unwrap_err();
    let expected = format!("nothing was applied: topic {name}: ");
    assert!(refused.to_string().starts_with(&expected), "{refused}");
}
