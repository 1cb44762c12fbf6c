//! A message centre that does nothing but answer, so that it is not what is measured: every whole PDU that has come is
//! answered at once, and all answers leave in one write. Our own contract peer, so that no
//! library's centre is measured instead; whether Certus speaks SMPP as others do is tested elsewhere, with two of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::memory::Memory;
use super::watch;
use crate::bench::now;

/// Octets of a PDU's header: length, command, status, sequence number (SMPP 3.4, 3.2).
const HEADER: usize = 16;
/// Longer ones are not of this protocol.
const PDU_MAX: usize = 64 * 1024;
/// The bit that makes a command an answer.
const ANSWER: u32 = 0x8000_0000;
const BIND_RECEIVER: u32 = 1;
const BIND_TRANSMITTER: u32 = 2;
const SUBMIT: u32 = 4;
const UNBIND: u32 = 6;
const BIND_TRANSCEIVER: u32 = 9;
const ENQUIRE_LINK: u32 = 0x15;

/// A listening centre; gone when dropped.
#[derive(Debug)]
pub(super) struct Centre {
    pub(super) port: u16,
    taken: Arc<Taken>,
    listening: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Submissions whose answer was written.
    answered: AtomicUsize,
    /// The name of the next message.
    next: AtomicU32,
}

impl Centre {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (port, taken) = (listener.local_addr()?.port(), Arc::new(Taken::default()));
        let counted = Arc::clone(&taken);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = Arc::clone(&counted);
                // A session that breaks is missed by whoever counts.
                tokio::spawn(async move { serve(stream, &taken).await });
            }
        });
        Ok(Self { port, taken, listening })
    }

    /// How many submissions it has answered, ever.
    pub(super) fn answered(&self) -> usize {
        self.taken.answered.load(Ordering::SeqCst)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, taken: &Taken) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let (mut come, mut answers) = (Vec::new(), Vec::new());
    while stream.read_buf(&mut come).await? > 0 {
        let (mut used, mut submitted) = (0, 0);
        while let Some(pdu) = first_pdu(&come[used..])? {
            submitted += usize::from(answer(pdu, taken, &mut answers));
            used += pdu.len();
        }
        come.drain(..used);
        stream.write_all(&answers).await?;
        answers.clear();
        taken.answered.fetch_add(submitted, Ordering::SeqCst);
    }
    Ok(())
}

/// The first PDU, once it is whole.
fn first_pdu(octets: &[u8]) -> anyhow::Result<Option<&[u8]>> {
    if octets.len() < HEADER {
        return Ok(None);
    }
    let length = number(octets, 0) as usize;
    ensure!((HEADER..=PDU_MAX).contains(&length), "a PDU of {length} octets");
    Ok(octets.get(..length))
}

/// Appends the answer; true when it was a submission.
fn answer(pdu: &[u8], taken: &Taken, answers: &mut Vec<u8>) -> bool {
    let (command, sequence) = (number(pdu, 4), number(pdu, 12));
    let body = match command {
        SUBMIT => format!("{:08x}\0", taken.next.fetch_add(1, Ordering::Relaxed)),
        BIND_RECEIVER | BIND_TRANSMITTER | BIND_TRANSCEIVER => "centre\0".to_owned(),
        UNBIND | ENQUIRE_LINK => String::new(),
        _ => return false,
    };
    write(answers, command | ANSWER, sequence, body.as_bytes());
    command == SUBMIT
}

fn write(out: &mut Vec<u8>, command: u32, sequence: u32, body: &[u8]) {
    let length = u32::try_from(HEADER + body.len()).expect("a short body");
    for number in [length, command, 0, sequence] {
        out.extend(number.to_be_bytes());
    }
    out.extend(body);
}

/// The number at `at`; the caller knows that there are four octets.
fn number(octets: &[u8], at: usize) -> u32 {
    octets[at..at + 4].iter().fold(0, |number, octet| number << 8 | u32::from(*octet))
}

/// What the centre answers to somebody who only sends: a submission of usual size for every answer, `window` at a time.
pub(super) async fn floor(
    messages: usize,
    window: usize,
    memory: &mut Memory,
) -> anyhow::Result<Vec<std::time::Duration>> {
    const SIZE: usize = 180;
    let centre = Centre::start().await?;
    let mut stream = TcpStream::connect(("127.0.0.1", centre.port)).await?;
    stream.set_nodelay(true)?;
    let (began, mut submission) = (now(), Vec::new());
    write(&mut submission, SUBMIT, 1, &[0; SIZE]);
    let sending = async {
        let (mut sent, mut answered, mut come) = (0, 0, Vec::new());
        while answered < messages {
            let more = (answered + window).min(messages) - sent;
            stream.write_all(&submission.repeat(more)).await?;
            sent += more;
            ensure!(stream.read_buf(&mut come).await? > 0, "the centre hung up");
            let mut used = 0;
            while let Some(pdu) = first_pdu(&come[used..])? {
                (used, answered) = (used + pdu.len(), answered + 1);
            }
            come.drain(..used);
        }
        Ok(())
    };
    let counting = watch::until(messages, began, memory, async || Ok(centre.answered()));
    let ((), spans) = futures::try_join!(sending, counting).context("the floor")?;
    Ok(spans)
}
