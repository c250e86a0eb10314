//! The map as JSON and as a text table.

pub mod json;
pub mod text;
