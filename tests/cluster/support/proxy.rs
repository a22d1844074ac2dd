//! A proxy that understands Kafka's frames and loses what it is told to lose.
//!
//! ```ignore
//! let kafka = kafka::single();
//! let proxy = kafka.proxy();                                // brokers advertise it on this way in
//! // … connect the code under test to proxy.bootstrap() …
//! proxy.reset();                                            // forget what connecting counted
//! proxy.on(api::CREATE_TOPICS, 1, Action::SwallowAndCut);   // the next CreateTopics: done, no answer
//! // … the write under test …
//! assert_eq!(proxy.count(api::CREATE_TOPICS), 1);           // sent once, never twice
//! assert_eq!(proxy.count(api::METADATA), 1);                // a constant number of rounds
//! proxy.black_hole();                                       // from here on: silence
//! ```
//! Frames pass unchanged. A request is counted when it reaches the proxy, cut or not.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::kafka::lock;

/// API keys (`ApiKeys`), as far as tests name them.
pub mod api {
    pub const PRODUCE: i16 = 0;
    pub const FETCH: i16 = 1;
    pub const LIST_OFFSETS: i16 = 2;
    pub const METADATA: i16 = 3;
    pub const OFFSET_COMMIT: i16 = 8;
    pub const OFFSET_FETCH: i16 = 9;
    pub const FIND_COORDINATOR: i16 = 10;
    pub const JOIN_GROUP: i16 = 11;
    pub const DESCRIBE_GROUPS: i16 = 15;
    pub const API_VERSIONS: i16 = 18;
    pub const CREATE_TOPICS: i16 = 19;
    pub const DELETE_TOPICS: i16 = 20;
    pub const CREATE_ACLS: i16 = 30;
    pub const DELETE_ACLS: i16 = 31;
    pub const DESCRIBE_CONFIGS: i16 = 32;
    pub const CREATE_PARTITIONS: i16 = 37;
    pub const INCREMENTAL_ALTER_CONFIGS: i16 = 44;
    pub const ALTER_CLIENT_QUOTAS: i16 = 49;
    pub const DESCRIBE_CLUSTER: i16 = 60;
    pub const DESCRIBE_TOPIC_PARTITIONS: i16 = 75;
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It passes.
    Pass,
    /// It passes after a while.
    Delay(Duration),
    /// The connection is cut; the broker never sees the request.
    Cut,
    /// The broker acts; its answer is dropped and the connection cut.
    SwallowAndCut,
    /// The broker acts; its answer is dropped and the connection stays.
    Swallow,
    /// It and everything after it, on every connection, vanishes in silence.
    BlackHole,
}

/// A request that reached the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The broker it was for.
    pub broker: i32,
    /// Its API key.
    pub api_key: i16,
    /// Its API version.
    pub api_version: i16,
}

/// A way into a cluster that can be broken: one port for each broker.
pub struct Proxy<'a> {
    ports: Vec<u16>,
    state: Arc<State>,
    _slot: MutexGuard<'a, ()>,
}

#[derive(Default)]
struct State {
    requests: Mutex<Vec<Request>>,
    rules: Mutex<Vec<Rule>>,
    connections: Mutex<Vec<TcpStream>>,
    silent: AtomicBool,
    closed: AtomicBool,
}

struct Rule {
    api_key: i16,
    /// How many requests are still to pass, and then this one.
    countdown: usize,
    action: Action,
}

impl<'a> Proxy<'a> {
    /// Opens a proxy on `(broker's port, port to listen on)` of the brokers 1, 2, ….
    pub(super) fn open(routes: Vec<(u16, u16)>, slot: MutexGuard<'a, ()>) -> Self {
        let state = Arc::new(State::default());
        for (broker, (target, port)) in (1..).zip(&routes) {
            let listener = TcpListener::bind(("127.0.0.1", *port)).unwrap();
            let (state, target) = (Arc::clone(&state), *target);
            std::thread::spawn(move || accept(&listener, broker, target, &state));
        }
        Self {
            ports: routes.into_iter().map(|(_, port)| port).collect(),
            state,
            _slot: slot,
        }
    }

    /// `host:port` of every broker through the proxy, separated by commas.
    pub fn bootstrap(&self) -> String {
        let each = self.ports.iter().map(|port| format!("127.0.0.1:{port}"));
        each.collect::<Vec<_>>().join(",")
    }

    /// Does `action` with the `nth` request of `api_key` from now on (1 is the next), once.
    pub fn on(&self, api_key: i16, nth: usize, action: Action) {
        lock(&self.state.rules).push(Rule {
            api_key,
            countdown: nth,
            action,
        });
    }

    /// How many requests of `api_key` came since the last reset, to all brokers.
    pub fn count(&self, api_key: i16) -> usize {
        let requests = lock(&self.state.requests);
        let of_key = requests.iter().filter(|request| request.api_key == api_key);
        of_key.count()
    }

    /// The requests since the last reset, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.state.requests).clone()
    }

    /// Forgets requests and rules, and ends a black hole. Connections stay.
    pub fn reset(&self) {
        lock(&self.state.requests).clear();
        lock(&self.state.rules).clear();
        self.state.silent.store(false, Ordering::SeqCst);
    }

    /// Lets everything vanish from now on, both ways, on open and on new connections.
    pub fn black_hole(&self) {
        self.state.silent.store(true, Ordering::SeqCst);
    }

    /// Cuts every open connection; new ones are welcome.
    pub fn cut_all(&self) {
        for connection in lock(&self.state.connections).drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        self.cut_all();
        for port in &self.ports {
            let _ = TcpStream::connect(("127.0.0.1", *port)); // wakes the accepting thread
            while TcpStream::connect(("127.0.0.1", *port)).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn accept(listener: &TcpListener, broker: i32, target: u16, state: &Arc<State>) {
    for client in listener.incoming() {
        if state.closed.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(client) = client {
            // A broker that is down shows as a connection that is closed at once.
            let _ = connect(client, broker, target, state);
        }
    }
}

/// Connects a client to its broker: one thread for each direction.
fn connect(client: TcpStream, broker: i32, target: u16, state: &Arc<State>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", target))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let connections = [client.try_clone()?, server.try_clone()?];
    lock(&state.connections).extend(connections);
    let lost = Arc::new(Mutex::new(Lost::default()));
    let up = Connection {
        broker,
        from: client.try_clone()?,
        to: server.try_clone()?,
        state: Arc::clone(state),
        lost: Arc::clone(&lost),
    };
    let down = Connection {
        broker,
        from: server,
        to: client,
        state: Arc::clone(state),
        lost,
    };
    std::thread::spawn(move || up.run(Connection::request));
    std::thread::spawn(move || down.run(Connection::answer));
    Ok(())
}

/// Correlation ids of the answers that are to be dropped, and of those that then cut.
#[derive(Default)]
struct Lost {
    swallow: HashSet<i32>,
    cut: HashSet<i32>,
}

/// One direction of a connection.
struct Connection {
    broker: i32,
    from: TcpStream,
    to: TcpStream,
    state: Arc<State>,
    lost: Arc<Mutex<Lost>>,
}

impl Connection {
    /// Moves frames until an end closes or `each` says to cut.
    fn run(mut self, each: fn(&mut Self, &[u8]) -> io::Result<()>) {
        while let Ok(frame) = read_frame(&mut self.from) {
            if each(&mut self, &frame).is_err() {
                break;
            }
        }
        let _ = self.from.shutdown(Shutdown::Both);
        let _ = self.to.shutdown(Shutdown::Both);
    }

    fn request(&mut self, frame: &[u8]) -> io::Result<()> {
        let (api_key, api_version) = (short(frame, 0), short(frame, 2));
        let correlation = int(frame, 4);
        lock(&self.state.requests).push(Request {
            broker: self.broker,
            api_key,
            api_version,
        });
        match self.state.action(api_key) {
            Action::Pass => {}
            Action::Delay(delay) => std::thread::sleep(delay),
            Action::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
            Action::Swallow => drop(lock(&self.lost).swallow.insert(correlation)),
            Action::SwallowAndCut => drop(lock(&self.lost).cut.insert(correlation)),
            Action::BlackHole => self.state.silent.store(true, Ordering::SeqCst),
        }
        self.forward(frame)
    }

    fn answer(&mut self, frame: &[u8]) -> io::Result<()> {
        let correlation = int(frame, 0);
        let mut lost = lock(&self.lost);
        if lost.cut.remove(&correlation) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if lost.swallow.remove(&correlation) {
            return Ok(());
        }
        drop(lost);
        self.forward(frame)
    }

    fn forward(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.state.silent.load(Ordering::SeqCst) {
            return Ok(());
        }
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        self.to.write_all(&[&length.to_be_bytes(), frame].concat())
    }
}

impl State {
    /// What becomes of the request of `api_key` that just came.
    fn action(&self, api_key: i16) -> Action {
        let mut rules = lock(&self.rules);
        for rule in rules.iter_mut().filter(|rule| rule.api_key == api_key) {
            rule.countdown = rule.countdown.saturating_sub(1);
        }
        let due = rules
            .iter()
            .position(|rule| rule.api_key == api_key && rule.countdown == 0);
        due.map_or(Action::Pass, |index| rules.remove(index).action)
    }
}

fn read_frame(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if !(4..=200 << 20).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into()); // TLS, or no Kafka at all
    }
    let mut frame = vec![0; length];
    from.read_exact(&mut frame)?;
    Ok(frame)
}

fn short(frame: &[u8], at: usize) -> i16 {
    let bytes = frame
        .get(at..at + 2)
        .and_then(|bytes| bytes.try_into().ok());
    i16::from_be_bytes(bytes.unwrap_or_default())
}

fn int(frame: &[u8], at: usize) -> i32 {
    let bytes = frame
        .get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok());
    i32::from_be_bytes(bytes.unwrap_or_default())
}
