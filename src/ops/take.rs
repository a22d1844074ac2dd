//! Takes a snapshot: [`look`], then [`take`].

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use jiff::Timestamp;

use crate::cluster::Cluster;
use crate::model::record::Ended;
use crate::observe::ends::Open;
use crate::snapshot::take::copy::{TakeProgress, TakeSettings, copy};
use crate::snapshot::take::{Looked, SnapshotRequest, TakeError};
use crate::snapshot::writer::part;
use crate::snapshot::{SnapshotError, SnapshotHeader, Writer, WriterOptions};

/// The source of the ids of snapshots.
const RANDOM: &str = "/dev/urandom";

/// An event while records are copied.
#[derive(Debug, Clone, Copy)]
pub enum TakeEvent {
    /// The part file of an earlier run is continued, which began at this time.
    Resumed(Timestamp),
    /// Records were copied, or are about to be.
    Progress(TakeProgress),
}

/// Reads the header and the groups of a new snapshot. Calls `waits` with open transactions that it waits for.
///
/// # Errors
/// A named topic does not exist, or a part cannot be read.
pub async fn look(
    cluster: &dyn Cluster,
    request: &SnapshotRequest,
    waits: impl FnMut(&Open),
) -> Result<Looked, TakeError> {
    let id = random_id().map_err(TakeError::Random)?;
    crate::snapshot::take::look(cluster, request, id, Timestamp::now(), waits).await
}

/// 32 random hexadecimal digits.
fn random_id() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Copies records to the file `path`, or to its part file until all are there. An earlier part file is
/// continued. Ends when `stop` does.
///
/// # Errors
/// The records cannot be read or written. A part file has what was read.
pub async fn take(
    cluster: &dyn Cluster,
    looked: &Looked,
    path: &Path,
    settings: TakeSettings,
    stop: impl Future<Output = ()>,
    emit: &mut (dyn FnMut(TakeEvent) + Send),
) -> Result<Ended, TakeError> {
    tokio::pin!(stop);
    let mut writer = tokio::select! {
        opened = writer(path, looked.header.clone(), emit) => opened?,
        () = &mut stop => return Ok(Ended::Stopped),
    };
    let tell = |progress| emit(TakeEvent::Progress(progress));
    let copied = tokio::select! {
        copied = copy(cluster, &mut writer, settings, tell) => Some(copied),
        () = &mut stop => None,
    };
    if let Some(Ok(_)) = copied {
        writer.finish(&looked.groups)?;
        return Ok(Ended::Whole);
    }
    let kept = writer.suspend();
    copied.transpose()?;
    kept?;
    Ok(Ended::Stopped)
}

/// Opens a new file, or the part file of an earlier run. The whole part file is read, which may take long.
/// Dropping the future leaves the part file unchanged.
async fn writer(
    path: &Path,
    header: SnapshotHeader,
    emit: &mut (dyn FnMut(TakeEvent) + Send),
) -> Result<Writer, SnapshotError> {
    if part(path).symlink_metadata().is_err() {
        return Writer::create(path, header, WriterOptions::default());
    }
    let path = path.to_owned();
    let resume = move || Writer::resume(&path, header, WriterOptions::default());
    let resumed = tokio::task::spawn_blocking(resume).await;
    let writer = resumed.map_err(io::Error::from)??;
    emit(TakeEvent::Resumed(writer.header().taken));
    Ok(writer)
}
