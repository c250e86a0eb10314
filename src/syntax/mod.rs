//! YAML and JSON text → one spanned tree, with the errors found on the way.
//!
//! Scalars stay raw here; what `yes` or `!Ref` means is decided in `template`. Nothing in this module knows
//! what a resource is; [`sniff`] knows the names of a template's sections.

mod build;
mod comments;
pub mod edit;
mod escapes;
mod json;
mod keys;
pub mod limits;
mod message;
pub mod parse;
mod place;
pub mod sniff;
pub mod tree;
mod yaml;
