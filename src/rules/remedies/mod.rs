//! What several rules write where they mend something.
//!
//! Whether something is to be mended is each rule's question.

pub mod addresses;
pub mod admission;
pub mod allow_list;
pub mod complete;
pub mod doors;
pub mod endpoints;
pub mod offered;
pub mod operators;
pub mod policies;
pub mod private;
