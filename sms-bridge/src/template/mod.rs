//! The gateway to any provider that speaks HTTP, described by an administrator instead of programmed: what to
//! request, what the answers mean, and where in its webhooks the provider puts what.
//!
//! Nothing here knows a provider. A description that cannot work is refused at start, with its key named.

mod answer;
mod charset;
mod client;
mod filling;
mod place;
mod request;
mod settings;
mod statuses;
mod webhook;

pub use answer::AnswerSettings;
pub use charset::Charset;
pub use client::TemplateGateway;
pub use place::{Place, Posted};
pub use request::{Field, RequestSettings};
pub use settings::TemplateSettings;
pub use webhook::{Dropped, Meaning, ReceiptSettings, ReplySettings, Response, Webhooks};

/// The gateway's name in the outbox and the inbox.
pub const NAME: &str = "template";
/// Where receipts are posted, below `webhook_base`.
pub const RECEIPT_PATH: &str = "/gateways/template/receipt";
/// Where replies are posted, below `webhook_base`.
pub const REPLY_PATH: &str = "/gateways/template/reply";
