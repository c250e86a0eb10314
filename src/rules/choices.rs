//! What depends on conditions, written as a function of single values.
//!
//! Where the values stand is known to lowering.

use crate::rules::Context;
use crate::syntax::edit::Written;
use crate::template::lowered::Choice;

/// A choice as the template would write it; a condition that decides nothing is left out.
pub(super) fn written(ctx: &Context<'_>, choice: &Choice) -> Written {
    match choice {
        Choice::Written(span) => Written::Copy(*span),
        Choice::Word(word) => Written::text(*word),
        Choice::Absent => Written::reference("AWS::NoValue"),
        Choice::If { condition, branches } => match &**branches {
            [Choice::Written(yes), Choice::Written(no)]
                if ctx.sources.slice(*yes) == ctx.sources.slice(*no) =>
            {
                Written::Copy(*yes)
            }
            branches => {
                let branches = branches.iter().map(|branch| written(ctx, branch));
                let arguments = std::iter::once(Written::Copy(*condition)).chain(branches).collect();
                Written::Call("Fn::If".to_owned(), Box::new(Written::List(arguments)))
            }
        },
    }
}
