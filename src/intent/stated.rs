//! What was decided outside of the templates: postures, overrides, what is approved, how names resolve.
//!
//! Plain data. Where it was written and whether it was written well is not known here.

use crate::glob::Glob;
use crate::intent::Posture;
use crate::source::Span;

/// The decisions of one party, an organisation or a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// What holds where nothing narrower says otherwise; `None` when that is not said.
    pub posture: Option<Posture>,
    /// What holds for some APIs, in the order written.
    pub overrides: Vec<Override>,
}

/// What holds for the APIs that it selects: all that is said has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Files, relative to the folder that the decision is for; empty: all.
    pub paths: Vec<Glob>,
    /// Type of the resource, as written or as SAM makes it of that.
    pub resource: Option<String>,
    /// Logical ids or `Name` properties; empty: all.
    pub names: Vec<Glob>,
    /// Tags that the resource has, keys and values.
    pub tags: Vec<(String, Glob)>,
    /// What the APIs are meant to be.
    pub posture: Option<Posture>,
    /// What a public API must show instead.
    pub require: Vec<Requirement>,
    /// Where it is written.
    pub span: Option<Span>,
}

impl Override {
    /// Whether it speaks of resources, not only of paths; that is narrower.
    pub fn is_about_resources(&self) -> bool {
        self.resource.is_some() || !self.names.is_empty() || !self.tags.is_empty()
    }
}

/// What a public API must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// Every method asks who calls.
    Authorizer,
}

/// What may stand in an association, an allow-list or a policy condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// Ids of VPC endpoints.
    pub vpc_endpoints: Vec<Glob>,
    /// Ids of VPCs.
    pub vpcs: Vec<Glob>,
    /// Names of exports.
    pub exports: Vec<Glob>,
    /// Names of SSM parameters; they have parts like paths.
    pub ssm: Vec<Glob>,
    /// Names of template parameters.
    pub parameters: Vec<Glob>,
    /// Account ids.
    pub accounts: Vec<Glob>,
    /// Ids of organisations.
    pub organisations: Vec<Glob>,
}

impl Approved {
    /// Whether anything is said about endpoints and VPCs; if not, all of them are as good.
    pub fn is_about_endpoints(&self) -> bool {
        [&self.vpc_endpoints, &self.vpcs, &self.exports, &self.ssm, &self.parameters]
            .iter()
            .any(|list| !list.is_empty())
    }
}

/// Whether endpoints for execute-api have private DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrivateDnsStance {
    /// They do not: public APIs stay reachable from the VPC.
    Off,
    /// They do, also those outside of the templates.
    On,
    /// Each as it likes.
    Any,
}

/// How the names of APIs resolve inside VPCs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dns {
    /// Whether endpoints have private DNS; `None` when that is not said.
    pub private_dns: Option<PrivateDnsStance>,
    /// Whether something in the VPCs calls public APIs of the region; `None` when that is not said.
    pub public_api_callers: Option<bool>,
}
