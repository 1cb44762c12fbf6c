//! The binary `certus`.
fn main() {}
