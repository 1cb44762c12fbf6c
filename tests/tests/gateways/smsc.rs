//! SMPP with a second message centre of other people, `smpp34` in this process, and with the first over TLS.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use certus_registry::Random;
use certus_registry::time::SystemClock;
use certus_sms_bridge::smpp::{Smpp, SmppSettings};
use certus_sms_bridge::{Gateway as _, Milestone, SendError};
use certus_tests::binary::free_addresses;
use certus_tests::line::{ANNA, Line};
use certus_tests::load::pause;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use smpp34::server::ESME;
use smpp34::{
    SmppConnectionInformation, SmppError, SmppServer, SmppServerListener, bind_transceiver,
    bind_transceiver_resp, submit_sm, submit_sm_resp,
};

use crate::outgoing;
use crate::smpp::start_peer_with;

const HOUR: Duration = Duration::from_hours(1);
/// Long enough for a session that should not come to be.
const QUIET_MS: u64 = 1_500;

/// A centre that gives ids in hexadecimal, names them in decimal in its receipts, and passes a reply on.
#[derive(Default)]
struct Centre {
    sessions: tokio::sync::Mutex<HashMap<String, Arc<ESME>>>,
    count: AtomicU32,
    texts: Mutex<Vec<Vec<u8>>>,
}

#[async_trait]
impl SmppServerListener for Centre {
    async fn on_bind_transceiver(
        &self,
        bind: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        let known = bind.system_id == "larm" && bind.password == "s3cret";
        if known { bind.accept("centre".into(), Some(0x34)) } else { bind.reject(SmppError::ESME_RINVPASWD) }
    }

    async fn on_esme_bound(&self, esme: ESME, session: &String) {
        self.sessions.lock().await.insert(session.clone(), Arc::new(esme));
    }

    async fn on_submit_sm(
        &self,
        sm: submit_sm,
        _: &SmppConnectionInformation,
        session: &String,
    ) -> submit_sm_resp {
        // From 26 on, hexadecimal and decimal differ in every digit that is read wrongly.
        let number = 26 + self.count.fetch_add(1, Ordering::SeqCst);
        self.texts.lock().unwrap().push(sm.short_message.clone());
        if let Some(esme) = self.sessions.lock().await.get(session).cloned() {
            let (from, to) = (sm.destination_addr.clone(), sm.source_addr.clone());
            tokio::spawn(async move {
                let receipt = format!(
                    "id:{number} sub:001 dlvrd:001 submit date:2611241000 done date:2611241000 stat:DELIVRD err:000 text:"
                );
                let told =
                    esme.deliver_sm().source_addr(from.clone()).destination_addr(to.clone()).esm_class(4);
                told.short_message(receipt.into_bytes()).send().await.unwrap();
                let said = esme.deliver_sm().source_addr(from).destination_addr(to);
                said.short_message(format!("JA {number}").into_bytes()).send().await.unwrap();
            });
        }
        sm.accept(format!("{number:X}"))
    }
}

#[tokio::test]
async fn another_message_centre_takes_texts_and_its_decimal_receipts_name_hexadecimal_ids() {
    let [address]: [String; 1] = free_addresses();
    let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let centre = Arc::new(Centre::default());
    let mut server = SmppServer::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port, Arc::clone(&centre) as _);
    server.start().await;
    let line = line(&format!("smpp://127.0.0.1:{port}"), json!({"hex_ids": true})).await;
    let short = line.enqueue("Larm åäö", HOUR).await;
    line.until_at(short, Milestone::Delivered).await;
    let long = line.enqueue(&"Larm ".repeat(50), HOUR).await;
    line.until_at(long, Milestone::Delivered).await;
    line.until(async || line.replies().await.len() == 3).await;
    let texts = centre.texts.lock().unwrap().clone();
    assert_eq!(texts[0], b"Larm \x0f\x7b\x7c");
    assert_eq!(texts.len(), 3, "one, and two parts");
    assert_eq!(&texts[1][..3], [5, 0, 3]);
    line.stop().await;
    server.stop().await;
}

#[tokio::test]
async fn over_tls_only_a_centre_with_the_right_certificate_hears_anything() {
    let files = tempfile::tempdir().unwrap();
    let certificate = |name: &str| {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let (key, pem) = (files.path().join(format!("{name}.key")), files.path().join(format!("{name}.pem")));
        std::fs::write(&key, signing_key.serialize_pem()).unwrap();
        std::fs::write(&pem, cert.pem()).unwrap();
        (key.display().to_string(), pem.display().to_string())
    };
    let ((key, right), (_, wrong)) = (certificate("right"), certificate("wrong"));
    let peer = start_peer_with(&["0", &key, &right]).await;
    let port: u16 = peer.ask("port").await;
    let url = format!("smpps://localhost:{port}");
    for strangers in [json!({"ca_file": wrong}), json!({})] {
        let smpp = Arc::new(smpp(&url, &strangers));
        let line = Line::of(Arc::clone(&smpp) as _).await;
        pause(QUIET_MS).await;
        assert!(!smpp.is_bound());
        let error = smpp.send(&outgoing("Larm")).await.unwrap_err();
        assert!(matches!(error, SendError::Temporary { .. }), "{error}");
        line.stop().await;
    }
    assert_eq!(peer.ask::<Vec<serde_json::Value>>("received").await.len(), 0);

    let line = line(&url, json!({"ca_file": right})).await;
    let id = line.enqueue("Larm", HOUR).await;
    line.until_at(id, Milestone::Delivered).await;
    peer.control("say", json!({"from": &ANNA[1..], "parts": [{"hex": "4a41"}], "coding": 0})).await;
    assert_eq!(line.replies().await, ["JA"]);
    line.stop().await;
}

fn smpp(url: &str, more: &serde_json::Value) -> Smpp {
    let mut settings =
        json!({"url": url, "system_id": "larm", "password": "s3cret", "from": "71700", "per_second": 100});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings: SmppSettings = serde_json::from_value(settings).unwrap();
    Smpp::new(settings, Arc::new(SystemClock), Random::from_system()).unwrap()
}

async fn line(url: &str, more: serde_json::Value) -> Line {
    Line::of(Arc::new(smpp(url, &more))).await
}
