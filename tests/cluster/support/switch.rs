//! An address that leads to one cluster, and later to another.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// The address. Open connections are not moved.
pub struct Switch {
    port: u16,
    target: Arc<AtomicU16>,
}

impl Switch {
    /// An address that leads to `host:port` on this machine.
    pub fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(port_of(address)));
        let leads_to = Arc::clone(&target);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = ("127.0.0.1", leads_to.load(Ordering::SeqCst));
                if let Ok(server) = TcpStream::connect(server) {
                    join(&client, &server);
                }
            }
        });
        Self { port, target }
    }

    /// Leads new connections to another address.
    pub fn lead_to(&self, address: &str) {
        self.target.store(port_of(address), Ordering::SeqCst);
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

/// Forwards bytes both ways until an end closes.
fn join(client: &TcpStream, server: &TcpStream) {
    for (from, to) in [(client, server), (server, client)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to); // either end may go at any time
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}
