//! What the user chose for rules that leave a choice. Rules are handed it; where it was written is not known here.

use crate::intent::stated::Dns;

/// Choices of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `missing-vpc-endpoint-ids`: private APIs may be without an association.
    pub allow_unassociated: bool,
    /// How names resolve in the VPCs.
    pub dns: Dns,
}
