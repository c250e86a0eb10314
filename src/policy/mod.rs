//! IAM and resource policy documents: statements, principals, actions, resources, conditions; parsed with
//! spans, decided for one request, and answered exactly for whole classes of callers.
//!
//! It knows nothing of API Gateway but how `execute-api:/…` is expanded.

pub mod ask;
mod callers;
pub mod compiled;
mod condition;
pub mod decide;
pub mod document;
mod fold;
pub mod json;
pub mod keys;
pub mod operator;
mod pattern;
mod pieces;
mod principal;
pub mod request;
pub mod resource;
pub mod routes;
pub mod scalar;
mod statement;
pub mod text;
pub mod truth;
mod values;
mod words;
pub mod world;
