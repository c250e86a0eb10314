//! Which of some resources the statements of a policy are about at all.
//!
//! Who calls, and what a statement then does, is not asked; what is only presumed is not known.

use super::compiled::{Action, Compiled, Policy};
use super::resource::Shape;
use super::routes::About;
use super::truth::{Judge, Truth};

impl Policy<'_> {
    /// For each statement, whether it is about the action on any resource of the shapes.
    pub fn overlaps(&self, action: &str, shapes: &[Shape]) -> Vec<Truth> {
        let routes = self.routes(shapes);
        let cells = routes.groups.iter().flat_map(|group| &group.cells);
        let cells: Vec<&About> = cells.map(|cell| cell.strict.as_ref().unwrap_or(&cell.about)).collect();
        let (judge, action) = (Judge::strict(self.names), Action::new(action));
        let overlap = |(at, statement): (u32, &Compiled<'_>)| {
            let (acts, _) = statement.action(&action, &judge);
            let about = cells.iter().flat_map(|about| about.iter());
            let truths = about.filter(|(statement, _)| *statement == at).map(|(_, truth)| *truth);
            truths.max().unwrap_or(Truth::No).min(acts)
        };
        (0..).zip(&self.statements).map(overlap).collect()
    }
}
