//! A proxy that understands Kafka's frames, and loses what it is told to lose.
//!
//! ```ignore
//! let kafka = kafka::single();
//! let proxy = kafka.proxy();                                // brokers advertise it here
//! // … connect the code under test to proxy.bootstrap() …
//! proxy.reset();                                            // forget what connecting counted
//! proxy.on(api::CREATE_TOPICS, 1, Action::SwallowAndCut);   // the next CreateTopics: done, no answer
//! // … the write under test …
//! assert_eq!(proxy.count(api::CREATE_TOPICS), 1);           // sent once, never twice
//! assert_eq!(proxy.count(api::METADATA), 1);                // a constant number of rounds
//! proxy.black_hole();                                       // from here on: silence
//! ```
//! Frames pass unchanged, except for answers that a rule alters. A request is counted when it
//! reaches the proxy, cut or not.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::kafka::lock;

/// API keys (`ApiKeys`) that tests use.
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
    pub const DELETE_RECORDS: i16 = 21;
    pub const INIT_PRODUCER_ID: i16 = 22;
    pub const OFFSET_FOR_LEADER_EPOCH: i16 = 23;
    pub const ADD_PARTITIONS_TO_TXN: i16 = 24;
    pub const END_TXN: i16 = 26;
    pub const CREATE_ACLS: i16 = 30;
    pub const DELETE_ACLS: i16 = 31;
    pub const DESCRIBE_CONFIGS: i16 = 32;
    pub const CREATE_PARTITIONS: i16 = 37;
    pub const DELETE_GROUPS: i16 = 42;
    pub const INCREMENTAL_ALTER_CONFIGS: i16 = 44;
    pub const OFFSET_DELETE: i16 = 47;
    pub const ALTER_CLIENT_QUOTAS: i16 = 49;
    pub const DESCRIBE_CLUSTER: i16 = 60;
    pub const DESCRIBE_TOPIC_PARTITIONS: i16 = 75;
}

/// Alters an answer. Its arguments are the version of the request and the answer's frame without
/// its length: the correlation id (4 bytes), then, in flexible versions, the header's tagged
/// fields.
pub type Alter = Arc<dyn Fn(i16, &[u8]) -> Vec<u8> + Send + Sync>;

/// Answers in the broker's place; none lets the request pass. Its arguments are the version and the
/// frame of the request; all frames are without their lengths.
pub type Reply = Arc<dyn Fn(i16, &[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// An action outside of the proxy.
pub type Deed = Arc<dyn Fn() + Send + Sync>;

/// What happens to a request.
#[derive(Clone)]
pub enum Action {
    /// The request passes.
    Pass,
    /// The request passes after a while.
    Delay(Duration),
    /// The request passes after this action.
    After(Deed),
    /// The broker acts; its answer passes after a while.
    Late(Duration),
    /// The broker acts; its answer passes altered.
    Alter(Alter),
    /// The proxy answers; the broker never sees the request.
    Answer(Reply),
    /// The connection is cut; the broker never sees the request.
    Cut,
    /// The first half of the request passes, then the connection is cut.
    CutInTheMiddle,
    /// The broker acts; the first half of its answer passes, then the connection is cut.
    HalfAnswer,
    /// The broker acts; its answer is dropped and the connection cut.
    SwallowAndCut,
    /// The broker acts; its answer is dropped and the connection stays.
    Swallow,
    /// This request and everything after it vanish silently, on every connection.
    BlackHole,
    /// The broker acts; its answer and everything after it vanish silently, on every connection.
    Last,
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

/// A proxy to a cluster: one port for each broker.
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
    /// How many requests are still to pass before the action.
    countdown: usize,
    /// Whether the action repeats for all later requests.
    always: bool,
    action: Action,
}

impl<'a> Proxy<'a> {
    /// Opens a proxy for brokers 1, 2, …, each with its port and the port to listen on.
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

    /// Applies `action` once, to the `nth` request of `api_key` from now on (1 is the next).
    pub fn on(&self, api_key: i16, nth: usize, action: Action) {
        self.rule(api_key, nth, false, action);
    }

    /// Applies `action` to the `nth` request of `api_key` from now on (1 is the next), and to all
    /// later ones, until the next reset.
    pub fn from(&self, api_key: i16, nth: usize, action: Action) {
        self.rule(api_key, nth, true, action);
    }

    fn rule(&self, api_key: i16, nth: usize, always: bool, action: Action) {
        lock(&self.state.rules).push(Rule {
            api_key,
            countdown: nth,
            always,
            action,
        });
    }

    /// The number of requests of `api_key` since the last reset, to all brokers.
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

    /// From now on everything vanishes in both directions, on open and new connections.
    pub fn black_hole(&self) {
        self.state.silent.store(true, Ordering::SeqCst);
    }

    /// Cuts every open connection; new ones work.
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
            // A broker that is down looks like a connection that is closed at once.
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
    let fates = Fates::default();
    let up = Connection {
        broker,
        from: client.try_clone()?,
        to: server.try_clone()?,
        state: Arc::clone(state),
        fates: Arc::clone(&fates),
    };
    let down = Connection {
        broker,
        from: server,
        to: client,
        state: Arc::clone(state),
        fates,
    };
    std::thread::spawn(move || up.run(Connection::request));
    std::thread::spawn(move || down.run(Connection::answer));
    Ok(())
}

/// What happens to answers: by correlation id, the version of the request and the action.
type Fates = Arc<Mutex<HashMap<i32, (i16, Action)>>>;

/// One direction of a connection.
struct Connection {
    broker: i32,
    from: TcpStream,
    to: TcpStream,
    state: Arc<State>,
    fates: Fates,
}

impl Connection {
    /// Forwards frames until an end closes or `each` fails.
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
            Action::After(deed) => deed(),
            Action::Answer(reply) => {
                if let Some(answer) = reply(api_version, frame) {
                    let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
                    let whole = [&length.to_be_bytes(), &answer[..]].concat();
                    return self.from.write_all(&whole);
                }
            }
            Action::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
            Action::CutInTheMiddle => return self.forward_half(frame),
            Action::BlackHole => self.state.silent.store(true, Ordering::SeqCst),
            Action::Last => {
                self.forward(frame)?;
                self.state.silent.store(true, Ordering::SeqCst);
                return Ok(());
            }
            of_the_answer => {
                lock(&self.fates).insert(correlation, (api_version, of_the_answer));
            }
        }
        self.forward(frame)
    }

    fn answer(&mut self, frame: &[u8]) -> io::Result<()> {
        let fate = lock(&self.fates).remove(&int(frame, 0));
        match fate {
            Some((_, Action::SwallowAndCut)) => Err(io::ErrorKind::ConnectionAborted.into()),
            Some((_, Action::Swallow)) => Ok(()),
            Some((_, Action::HalfAnswer)) => self.forward_half(frame),
            Some((version, Action::Alter(alter))) => self.forward(&alter(version, frame)),
            Some((_, Action::Late(delay))) => {
                std::thread::sleep(delay);
                self.forward(frame)
            }
            _ => self.forward(frame),
        }
    }

    /// Sends the first half of a frame, and returns an error to cut the connection.
    fn forward_half(&mut self, frame: &[u8]) -> io::Result<()> {
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        let half = &frame[..frame.len() / 2];
        self.to.write_all(&[&length.to_be_bytes(), half].concat())?;
        Err(io::ErrorKind::ConnectionAborted.into())
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
    /// The action for the request of `api_key` that just arrived.
    fn action(&self, api_key: i16) -> Action {
        let mut rules = lock(&self.rules);
        for rule in rules.iter_mut().filter(|rule| rule.api_key == api_key) {
            rule.countdown = rule.countdown.saturating_sub(1);
        }
        let due = rules
            .iter()
            .position(|rule| rule.api_key == api_key && rule.countdown == 0);
        match due {
            Some(index) if rules[index].always => rules[index].action.clone(),
            Some(index) => rules.remove(index).action,
            None => Action::Pass,
        }
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
