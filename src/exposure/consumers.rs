//! Who calls APIs by which name: texts that build an execute-api host, and records that lead to one.
//!
//! Plain data. Whether a name leads anywhere is for the rules.

use crate::exposure::extent::Extent;
use crate::exposure::model::Assumption;
use crate::source::{FileId, Span};
use crate::template::value::{Sourced, StackId, Value};

/// A place that builds an execute-api URL or host.
#[derive(Clone, Debug)]
pub struct Call {
    /// The template.
    pub file: FileId,
    /// Logical id of the resource that holds the text, or the output's name.
    pub resource: String,
    /// Where that id or name stands.
    pub id_span: Span,
    /// The text, where it is used.
    pub span: Span,
    /// The same as it is worked out, with the way it came.
    pub text: Sourced,
    /// The API it names, as text before `.execute-api` says; a known id or a name.
    pub api: Value,
    /// The endpoint in an alias host (`{api}-{vpce}`).
    pub alias_endpoint: Option<Value>,
    /// The region in the host, if it is known text.
    pub region: Option<String>,
    /// Whether it is a bare host beside the name of a VPC endpoint: calls by that name carry it as a header.
    pub is_host_header: bool,
    /// Whether it is an output rather than something that calls.
    pub is_output: bool,
    /// Subnets the caller runs in (`VpcConfig` and the like), empty when none is written.
    pub subnets: Vec<Value>,
    /// The VPC those subnets belong to, as far as subnets of the workspace tell.
    pub vpc: Option<Value>,
    /// The cases in which the text names the host; empty where they are too many to look at.
    pub cases: Vec<Use>,
}

/// A case in which a [`Call`] names its host.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The instance it belongs to.
    pub stack: StackId,
    /// The assignment of parameters.
    pub when: Vec<Assumption>,
    /// All assignments of parameters under which this case holds, of those under which what calls is there.
    pub extent: Extent,
    /// The environment of the instance.
    pub environment: Option<String>,
    /// Whether what calls runs in a VPC; `None` when that is not known, and for an output.
    pub in_vpc: Option<bool>,
}

/// A CNAME record from a custom domain's name to its regional `d-….execute-api` name. Private DNS captures that
/// name, too; an alias record is not affected.
#[derive(Clone, Debug)]
pub struct Cname {
    /// The value that names the target.
    pub span: Span,
    /// The custom domain's resource, or its name.
    pub domain: Value,
    /// VPCs of the private zone the record stands in; empty for a public zone.
    pub vpcs: Vec<Value>,
    /// Callers of the record's name: where they name it, their subnets, and their VPC as far as those tell.
    pub callers: Vec<(Span, Vec<Value>, Option<Value>)>,
}
