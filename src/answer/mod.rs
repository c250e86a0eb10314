//! What the verbs besides `check` say, as plain data for the reporters.
//!
//! Nothing here renders, reads a file or computes a fact that another module does not already know.

pub mod case;
pub mod catalogue;
pub mod exceptions;
pub mod init;
pub mod map;
pub mod plain;
pub mod request;
pub mod resolve;
pub mod simulate;
