//! A broker's process, and its ports.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// Runs a broker until it ends or stdin tells it to: a line keeps the broker's directory, the end
/// of input removes it.
const SUPERVISOR: &str = r#"
dir=$1; shift
"$@" </dev/null >>"$dir/kafka.log" 2>&1 &
broker=$!
echo $broker
exec >/dev/null
read -r keep && [ -n "$keep" ] && kill_only=yes
kill -CONT $broker 2>/dev/null
kill -KILL $broker 2>/dev/null
wait $broker 2>/dev/null
[ -n "$kill_only" ] || { rm -rf "$dir"; rmdir "$(dirname "$dir")" 2>/dev/null; }
"#;

/// The ports of one broker.
#[derive(Debug, Clone)]
pub(super) struct Ports {
    pub(super) client: u16,
    pub(super) broker: u16,
    pub(super) controller: u16,
    /// The port and the advertised port of each proxy listener.
    pub(super) proxies: Vec<(u16, u16)>,
}

/// A process under its supervisor.
pub struct Running {
    supervisor: Child,
    line: ChildStdin,
    pub(super) broker: Pid,
}

impl Running {
    pub fn start(dir: &Path, java: &Command) -> Self {
        let mut supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(dir)
            .arg(java.get_program())
            .args(java.get_args())
            .process_group(0) // or Ctrl-C would end it before it has ended the broker
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = supervisor.stdin.take().unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(supervisor.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        let broker = Pid::from_raw(said.trim().parse().unwrap()).unwrap();
        Self {
            supervisor,
            line,
            broker,
        }
    }

    /// Whether the process runs and is not a zombie.
    pub fn is_alive(&self) -> bool {
        let path = format!("/proc/{}/stat", self.broker.as_raw_nonzero());
        fs::read_to_string(path).is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Waits for a broker that was told to stop, and keeps its data.
    pub(super) fn wait(mut self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.is_alive() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.line.write_all(b"keep\n").unwrap();
        self.supervisor.wait().unwrap();
    }

    /// Kills a broker and removes its data.
    pub fn discard(mut self) {
        drop(self.line);
        self.supervisor.wait().unwrap();
    }
}

impl Ports {
    pub(super) fn choose(proxies: usize) -> Self {
        Self {
            client: free_port(),
            broker: free_port(),
            controller: free_port(),
            proxies: (0..proxies).map(|_| (free_port(), free_port())).collect(),
        }
    }
}

/// A free port, below the system's range for outgoing connections, and new in this process.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 100).unwrap() * 120;
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Removes the directories of runs that were killed while formatting.
pub(super) fn sweep(above: &Path) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let mut parts = name.split('-');
        let (stem, pid) = (parts.next(), parts.next().unwrap_or_default());
        if stem == Some("kafka") && !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
