//! YAML and JSON text → one spanned tree, with the errors found on the way.
//!
//! Scalars stay raw here; what `yes` or `!Ref` means is decided in `template`. Nothing in this module knows
//! what a resource is.

pub mod parse;
pub mod tree;
