//! A TCP proxy on loopback that breaks: for a database or a gateway that is cut off.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is the failure")]

use tokio::io::{AsyncRead, AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::binary::free_addresses;

/// What the proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Carries.
    Up,
    /// Drops every connection and refuses new ones.
    Cut,
    /// Takes connections and bytes, and answers nothing. Connections of that time stay silent for ever, as behind a
    /// firewall that has forgotten them.
    Silent,
}

/// A running proxy; ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens, `127.0.0.1:PORT`.
    pub address: String,
    line: watch::Sender<Line>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// Carries connections to `target`, `HOST:PORT`.
    pub async fn start(target: &str) -> Self {
        let [address] = free_addresses();
        let (line, seen) = watch::channel(Line::Up);
        let listener = TcpListener::bind(&address).await.expect("a free port");
        let listening = tokio::spawn(listen(listener, address.clone(), target.to_owned(), seen));
        Self { address, line, listening }
    }

    /// Breaks or mends the line.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.send_replace(Line::Cut);
        self.listening.abort();
    }
}

async fn listen(mut listener: TcpListener, address: String, target: String, mut line: watch::Receiver<Line>) {
    loop {
        let now = *line.borrow_and_update();
        if now == Line::Cut {
            drop(listener);
            if line.changed().await.is_err() {
                return;
            }
            listener = TcpListener::bind(&address).await.expect("its own port again");
            continue;
        }
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("a listener that works");
                tokio::spawn(carry(client, target.clone(), line.clone()));
            }
            changed = line.changed() => if changed.is_err() { return },
        }
    }
}

async fn carry(mut client: TcpStream, target: String, mut line: watch::Receiver<Line>) {
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let now = *line.borrow_and_update();
    let now = if now == Line::Up {
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            changed = line.changed() => if changed.is_ok() { *line.borrow() } else { Line::Cut },
        }
    } else {
        now
    };
    if now == Line::Silent {
        // The server's end stays open too: it does not know either.
        swallow(&mut client).await;
    }
}

/// Takes bytes until the other end gives up.
async fn swallow(from: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = [0; 4_096];
    while from.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}
