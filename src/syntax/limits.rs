//! The limits that keep reading a text cheap and every later walk over its tree safe.
//!
//! Each limit has a diagnostic of its own; none of them ends in a panic or a silent cut. Nothing here is
//! configurable: a file past one of these is not a template that CloudFormation would take (its own limit is
//! 1 MB, [CloudFormation quotas](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html)).

/// Collections open at the same time. Recursive walks over a tree rely on it.
pub const MAX_DEPTH: usize = 128;

/// Bytes of one text. Offsets are `u32`, so this must stay below 4 GiB.
pub const MAX_TEXT_BYTES: usize = 64 << 20;

/// Nodes of one tree.
pub const MAX_NODES: u32 = 5_000_000;

/// Entries that merge keys (`<<`) may look at in one text, before own keys are set against them.
pub const MAX_MERGED_ENTRIES: usize = 1_000_000;

/// Errors kept for one text; one more says that there were others.
pub const MAX_ERRORS: usize = 100;

/// Characters that may stand between the start of an implicit key and its `:`. YAML says 1,024; templates
/// with a generated key beyond that exist and every other tool's limit is its own business.
pub const MAX_KEY_LOOKAHEAD: usize = 64 << 10;
