//! The resources of an API as one policy sees them: routes that no statement tells apart are one group.
//!
//! The table depends on the policy and the routes only, so it serves every caller world.

use crate::order::Order;
use rustc_hash::FxHashMap;

use super::compiled::{Policy, ResourcePattern};
use super::pattern::Pattern;
use super::resource::Shape;
use super::text::{Symbol, Text};
use super::truth::{Judge, Truth};
use super::words;

/// States of automata looked at for one route with free parts.
const STATES: usize = 20_000;
/// Steps of automata spent on one such route.
const STEPS: usize = 16_000_000;

/// Routes, grouped by the statements that are about them.
#[derive(Debug)]
pub struct Routes {
    pub(super) groups: Vec<Group>,
}

/// Routes that no statement tells apart.
#[derive(Debug)]
pub(super) struct Group {
    /// Positions of the routes in what was asked, ascending.
    pub(super) members: Vec<usize>,
    /// The kinds of resources in each of the routes, with a text of the first route.
    pub(super) cells: Vec<Cell>,
}

/// Resources that are the same to every statement.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: Text,
    /// The statements that are or may be about them.
    pub(super) about: About,
    /// The same when nothing is presumed, where that differs.
    pub(super) strict: Option<About>,
}

/// Indices of statements, ascending, with yes or unknown.
pub(super) type About = Vec<(u32, Truth)>;

impl Policy<'_> {
    /// Prepares the resources that questions are about. A route may be a whole shape (a path parameter is
    /// any segment); it is then cut by the policy's own patterns.
    pub fn routes(&self, shapes: &[Shape]) -> Routes {
        let mut groups: Vec<Group> = Vec::new();
        let mut index: FxHashMap<Vec<(About, Option<About>)>, usize> = FxHashMap::default();
        let starts = self.starts(shapes);
        for (at, shape) in shapes.iter().enumerate() {
            let cells = self.cells(shape, &starts);
            let signature: Vec<_> = cells.iter().map(|c| (c.about.clone(), c.strict.clone())).collect();
            match index.get(&signature) {
                Some(group) => {
                    if let Some(group) = groups.get_mut(*group) {
                        group.members.push(at);
                    }
                }
                None => {
                    index.insert(signature, groups.len());
                    groups.push(Group { members: vec![at], cells });
                }
            }
        }
        Routes { groups }
    }

    /// By statement and resource pattern: how much of the pattern all routes start with. Routes share the
    /// API's ARN, which need not be compared again and again.
    fn starts(&self, shapes: &[Shape]) -> Vec<Vec<usize>> {
        let mut shared: Option<Vec<Symbol>> = None;
        for shape in shapes {
            let start = shape.start();
            let kept = shared
                .as_ref()
                .map_or(start.len(), |s| s.iter().zip(&start).take_while(|(a, b)| a == b).count());
            shared = Some(start.into_iter().take(kept).collect());
        }
        let shared = shared.unwrap_or_default();
        let start = |resource: &ResourcePattern| match resource {
            ResourcePattern::Fixed(pattern) => pattern.common_start(&shared),
            ResourcePattern::Variable(_) | ResourcePattern::Unknown => 0,
        };
        self.statements.iter().map(|s| s.resources.iter().map(start).collect()).collect()
    }

    fn cells(&self, shape: &Shape, starts: &[Vec<usize>]) -> Vec<Cell> {
        if let Some(text) = shape.only() {
            return vec![self.cell(text, starts)];
        }
        let form = shape.pattern();
        let mut patterns: Vec<&Pattern> = self
            .statements
            .iter()
            .flat_map(|s| &s.resources)
            .filter_map(|r| match r {
                ResourcePattern::Fixed(pattern) if pattern.may_meet(&form) => Some(pattern),
                ResourcePattern::Fixed(_) | ResourcePattern::Variable(_) | ResourcePattern::Unknown => None,
            })
            .collect();
        patterns.order();
        patterns.dedup();
        let limit = STATES.min(STEPS / (64 * (patterns.len() + 1)));
        let texts = match words::cells(&patterns, std::slice::from_ref(&form), limit) {
            Ok(cells) => cells.into_iter().map(|c| c.text).collect(),
            Err(words::TooMany) => Vec::new(),
        };
        if texts.is_empty() {
            let text = shape.sample();
            let about = (0..).zip(&self.statements).map(|(at, _)| (at, Truth::Unknown)).collect();
            return vec![Cell { text, about, strict: None }];
        }
        let mut cells: Vec<Cell> = Vec::new();
        for text in texts {
            let cell = self.cell(text, starts);
            if !cells.iter().any(|c| c.about == cell.about && c.strict == cell.strict) {
                cells.push(cell);
            }
        }
        cells.order_by(|a, b| a.about.cmp(&b.about));
        cells
    }

    fn cell(&self, text: Text, starts: &[Vec<usize>]) -> Cell {
        let judge = Judge::presuming(self.names);
        let about = self.about(&text, starts, &judge);
        let strict = judge.has_presumed().then(|| self.about(&text, starts, &Judge::strict(self.names)));
        Cell { text, strict: strict.filter(|s| *s != about), about }
    }

    /// The statements that are about a resource.
    fn about(&self, text: &Text, starts: &[Vec<usize>], judge: &Judge<'_>) -> About {
        let statements = self.statements.iter().zip(starts);
        let truths = statements.map(|(s, starts)| s.resource_alone(text, starts, judge));
        (0..).zip(truths).filter(|(_, truth)| *truth != Truth::No).collect()
    }
}
