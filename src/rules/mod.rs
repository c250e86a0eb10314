//! The rules: what each one is called and says about itself, and the checks.
//!
//! A rule judges facts of the exposure model; it reads no configuration and no syntax node.

pub mod metadata;
