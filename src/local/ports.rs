//! Free ports of this machine, and the processes that hold others.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use tokio::time::sleep;

use super::error::LocalError;
pub use super::port_holder::PortHolder;

/// Whether a port of the loopback interface is free.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Waits up to two seconds for a port that no visible process holds: a killed process keeps its sockets
/// open for a moment.
///
/// # Errors
/// The port is taken.
pub async fn expect_free(port: u16) -> Result<(), LocalError> {
    for _ in 0..20 {
        if is_free(port) {
            return Ok(());
        }
        if holder(port).is_some() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let holder = holder(port);
    Err(LocalError::PortTaken { port, holder })
}

/// A free port chosen by the system; none if there is none.
#[must_use]
pub fn any_free() -> Option<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).ok()?;
    listener.local_addr().ok().map(|address| address.port())
}

/// The process that listens on a port, according to `/proc`; processes of other users are not visible.
#[must_use]
pub fn holder(port: u16) -> Option<PortHolder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let inodes: Vec<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .collect();
    let is_process = |pid: &u32| owns_any(*pid, &inodes);
    let pid = processes().find(is_process)?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    let name = name.trim_end().to_owned();
    Some(PortHolder { pid, name })
}

/// The inodes of the sockets that listen (state 0A) on a port, from a table as `/proc/net/tcp`.
fn listening(table: &str, port: u16) -> Vec<String> {
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[3] == "0A" && fields[1].ends_with(&suffix))
        .map(|fields| fields[9].to_owned())
        .collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn owns_any(pid: u32, inodes: &[String]) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd"));
    files.into_iter().flatten().flatten().any(|file| {
        let target = fs::read_link(file.path()).unwrap_or_default();
        let inode = target
            .to_str()
            .and_then(|target| target.strip_prefix("socket:["))
            .and_then(|target| target.strip_suffix(']'));
        inode.is_some_and(|inode| inodes.iter().any(|known| known == inode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert_eq!(holder(port).unwrap().pid, std::process::id());
        drop(listener);
        assert!(is_free(port));
    }
}
