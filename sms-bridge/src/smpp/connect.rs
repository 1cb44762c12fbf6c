//! The way to the message centre: TCP, and TLS with the public authorities or the operator's own.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::settings::{Centre, SettingsError, SmppSettings};

/// Time for a connection, names and certificates included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Octets both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Knows how to reach one message centre.
pub(super) struct Way {
    centre: Centre,
    tls: Option<TlsConnector>,
}

impl Way {
    /// Reads the certificates.
    pub(super) fn new(settings: &SmppSettings) -> Result<Self, SettingsError> {
        let centre = settings.check()?;
        let tls = if centre.tls { Some(connector(settings)?) } else { None };
        Ok(Self { centre, tls })
    }

    /// A fresh connection.
    pub(super) async fn open(&self) -> std::io::Result<Box<dyn Stream>> {
        let opening = async {
            let stream = TcpStream::connect((self.centre.host.as_str(), self.centre.port)).await?;
            stream.set_nodelay(true)?;
            let Some(tls) = &self.tls else { return Ok(Box::new(stream) as Box<dyn Stream>) };
            let name = ServerName::try_from(self.centre.host.clone()).map_err(std::io::Error::other)?;
            Ok(Box::new(tls.connect(name, stream).await?) as Box<dyn Stream>)
        };
        let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection in time");
        tokio::time::timeout(CONNECT_TIMEOUT, opening).await.map_err(late)?
    }
}

fn connector(settings: &SmppSettings) -> Result<TlsConnector, SettingsError> {
    let wrong = |why: String| SettingsError { setting: "ca_file", why };
    let mut roots = RootCertStore::empty();
    match &settings.ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let certificates =
                CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let certificates = certificates.map_err(|why| wrong(format!("{}: {why}", file.display())))?;
            let (added, _) = roots.add_parsable_certificates(certificates);
            if added == 0 {
                return Err(wrong(format!("{}: expected certificates in PEM", file.display())));
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| wrong(why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
