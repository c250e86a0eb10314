//! One file as CloudFormation: sections, resources, intrinsic functions, values, and SAM lowered to what AWS
//! would create. Knows nothing of other files; what lies outside is asked for through `resolve::Outside`.

pub mod bindings;
pub mod cases;
pub mod document;
pub(crate) mod documents;
pub mod expand;
pub mod guards;
pub mod intrinsic;
pub mod lowered;
pub mod resolve;
pub mod sam;
pub mod value;
