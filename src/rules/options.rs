//! What the user chose for rules that leave a choice. Rules are handed it; where it was written is not known here.

use crate::intent::stated::{Approved, Dns};

/// Choices of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `missing-vpc-endpoint-ids`: private APIs may be without an association.
    pub allow_unassociated: bool,
    /// What may stand in an association, an allow-list or a policy condition.
    pub approved: Approved,
    /// How names resolve in the VPCs.
    pub dns: Dns,
}
