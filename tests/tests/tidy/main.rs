//! The house rules that a program can check, held as tests.
//!
//! Each check is a function from text to findings, so that a test beside it can show that it fails.
//! What clippy checks is left to clippy.

mod contracts;
mod crates;
mod figures;
mod finding;
mod incident;
mod locales;
mod module_docs;
mod names;
mod outside;
mod size;
mod source;
mod sql;
