//! wicketgate works out who can call each API of a CloudFormation or SAM template.
//!
//! Bytes are read by `load` into [`source`]; [`syntax`] turns text into a spanned tree; [`template`] reads a
//! tree as CloudFormation and lowers SAM; [`policy`] evaluates resource policies; [`workspace`] links the
//! stacks of a run; [`exposure`] states the facts: which APIs there are and who reaches them; [`intent`] adds
//! what was meant; [`rules`] judge, as [`config`] says; [`check`] drives them all and hands sorted
//! [`diagnostic`]s to [`report`], which also prints what [`answer`] says for the other verbs; [`cli`] is the
//! program. A module uses only modules listed before it.

pub mod source;
pub mod order;
pub mod glob;
pub mod diagnostic;
pub mod syntax;
pub mod template;
pub mod policy;
pub mod workspace;
pub mod exposure;
pub mod intent;
pub mod rules;
pub mod config;
pub mod check;
pub mod answer;
pub mod fix;
pub mod report;
pub mod load;
pub mod cli;
