//! Gateways against real peers: programs of other people, or of protocols that have none, as processes of their own.

mod kannel;
mod push;
mod smpp;
