//! What is known about one instance of a template besides its text: parameter values, stack name, region.
//!
//! Filled by the command line, environments and parent stacks; a template is never asked for it.

use std::collections::BTreeMap;

use crate::source::Span;
use crate::template::value::Sourced;

/// A parameter value that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Text from the command line, a policy or parameter file or a samconfig.
    Text {
        /// The value.
        text: String,
        /// Where it is written; `None` for the command line.
        span: Option<Span>,
    },
    /// What a parent stack passes.
    Value(Sourced),
}

impl Binding {
    /// Text that stands in no file.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), span: None }
    }
}

/// Everything known about one instance of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// Name of the environment this instance stands for.
    pub environment: Option<String>,
    /// `AWS::StackName`.
    pub stack_name: Option<String>,
    /// `AWS::Region`.
    pub region: Option<String>,
    /// `AWS::AccountId`.
    pub account: Option<String>,
    /// Parameter values by name.
    pub parameters: BTreeMap<String, Binding>,
    /// Values that no template of the run can know: `export:NAME` and `ssm:NAME`.
    pub known: BTreeMap<String, String>,
}

impl Bindings {
    /// `AWS::Partition` as far as the region tells; `None` without a region.
    pub fn partition(&self) -> Option<&'static str> {
        let region = self.region.as_deref()?;
        Some(match region {
            _ if region.starts_with("cn-") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ if region.starts_with("us-isob-") => "aws-iso-b",
            _ if region.starts_with("us-isof-") => "aws-iso-f",
            _ if region.starts_with("us-iso-") => "aws-iso",
            _ if region.starts_with("eu-isoe-") => "aws-iso-e",
            _ if region.starts_with("eusc-") => "aws-eusc",
            _ => "aws",
        })
    }
}
