//! What is reachable by whom: APIs, endpoints, domains, policies, callers.
//!
//! Facts only. No wording, no severity, no `Diagnostic`.

pub mod model;
