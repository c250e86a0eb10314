//! The exact answer for a whole world of requests: who of them is let through, with witnesses.
//!
//! A statement is an "and" of tests that each look at one thing: the caller, the resource, or one context
//! key. Each key's values are cut into cells on which all tests are constant ([`super::values`]), each cell is
//! a set of statements, and the sets are folded key by key ([`super::fold`]). This is exact because each cell
//! is inhabited, every combination of cells in a world is a possible request, and the decision is a function
//! of the statements that apply. What cannot be worked out counts as unknown, in neither direction.

use crate::order::Order;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::callers::{Caller, callers};
use super::compiled::{ClauseId, Compiled, Policy};
use super::condition::Clause;
use super::document::Effect;
use super::fold::{Effects, Found, Mask, Sets, fold};
use super::request::{KeyValue, Request};
use super::routes::{About, Group, Routes};
use super::text::Text;
use super::truth::{Judge, Truth};
use super::values::{Choice, choices};
use super::world::{Domain, World};

/// In how many ways unsettled keys may stand before nothing is said.
const WAYS: usize = 4096;

/// How much of a world is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No request.
    None,
    /// At least one request; not all, or not all is certain.
    Some,
    /// Every request.
    All,
    /// None for certain, but perhaps some.
    Unknown,
}

/// The answer for the routes of one group.
#[derive(Clone, Debug)]
pub struct Answer<'r> {
    /// Positions of the routes that this is about, ascending.
    pub routes: &'r [usize],
    /// A request that is let through.
    pub allowed: Option<Witness<'r>>,
    /// A request that is refused.
    pub refused: Option<Witness<'r>>,
    /// A request for which it cannot be known; [`Policy::decide`] names the text in doubt.
    pub doubtful: Option<Witness<'r>>,
    /// Whether the verdict rests on presuming that different names stand for different things.
    pub presumed: bool,
}

/// A request of a world, made when asked for. Its resource belongs to the first route of the group.
#[derive(Clone, Debug)]
pub struct Witness<'r> {
    pick: Rc<Pick>,
    resource: &'r Text,
}

impl Witness<'_> {
    /// The limit of the analysis that a doubt comes from; `None` when [`Policy::decide`] tells the reason.
    pub fn limit(&self) -> Option<&'static str> {
        self.pick.limit
    }

    /// The request.
    pub fn request(&self) -> Request {
        let mut request = (*self.pick.base).clone();
        request.resource = self.resource.clone();
        for (key, class) in self.pick.keys.iter().zip(self.pick.classes.iter().skip(1)) {
            let Some((choice, _)) = key.cells.get(*class) else { continue };
            request.context.retain(|(other, _)| *other != key.key);
            if let Some(value) = &choice.value {
                request.context.push((key.key.clone(), value.clone()));
            }
        }
        request
    }
}

impl Answer<'_> {
    /// How much is let through.
    pub fn verdict(&self) -> Verdict {
        match (&self.allowed, &self.refused, &self.doubtful) {
            (Some(_), None, None) => Verdict::All,
            (Some(_), _, _) => Verdict::Some,
            (None, _, None) => Verdict::None,
            (None, _, Some(_)) => Verdict::Unknown,
        }
    }
}

/// A request found for each verdict.
#[derive(Clone, Debug, Default)]
struct Core {
    allowed: Option<Rc<Pick>>,
    refused: Option<Rc<Pick>>,
    doubtful: Option<Rc<Pick>>,
}

/// A request: the caller's own keys, and on each axis (the resource first, then the keys) a class.
#[derive(Debug)]
struct Pick {
    base: Rc<Request>,
    keys: Rc<Vec<Rc<KeyCells>>>,
    classes: Vec<usize>,
    /// Why nothing could be worked out, when that is a limit of the analysis.
    limit: Option<&'static str>,
}

/// The cells of one key: each value with the truth of the asked tests.
#[derive(Debug)]
struct KeyCells {
    key: String,
    tests: Vec<ClauseId>,
    cells: Vec<(Choice, Vec<Truth>)>,
}

impl Policy<'_> {
    /// Answers for a world, group by group of routes that no statement tells apart, in the order of their
    /// first routes.
    pub fn ask<'r>(&self, world: &World, routes: &'r Routes) -> Vec<Answer<'r>> {
        let judge = Judge::presuming(self.names);
        let mut solver = Solver::new(self, world, &judge);
        let cores: Vec<Rc<Core>> = routes.groups.iter().map(|group| solver.group(group)).collect();
        let strict = (judge.has_presumed() || routes.groups.iter().any(Group::is_presumed)).then(|| {
            let judge = Judge::strict(self.names);
            let mut solver = Solver::new(self, world, &judge);
            routes.groups.iter().map(|group| solver.group(group)).collect::<Vec<_>>()
        });
        let answers = routes.groups.iter().zip(&cores).map(|(group, core)| answer(group, core));
        let mut answers: Vec<Answer<'r>> = answers.collect();
        for ((answer, group), core) in answers.iter_mut().zip(&routes.groups).zip(strict.iter().flatten()) {
            answer.presumed = self::answer(group, core).verdict() != answer.verdict();
        }
        answers
    }
}

fn answer<'r>(group: &'r Group, core: &Core) -> Answer<'r> {
    let witness = |pick: &Option<Rc<Pick>>| {
        let pick = pick.as_ref()?;
        let resource = &group.cells.get(*pick.classes.first()?)?.text;
        Some(Witness { pick: Rc::clone(pick), resource })
    };
    Answer {
        routes: &group.members,
        allowed: witness(&core.allowed),
        refused: witness(&core.refused),
        doubtful: witness(&core.doubtful),
        presumed: false,
    }
}

impl Group {
    fn is_presumed(&self) -> bool {
        self.cells.iter().any(|c| c.strict.is_some())
    }
}

/// One row of the fold: statements that are alike for a group.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Row {
    effect: Effect,
    base: Truth,
    clauses: Vec<ClauseId>,
    /// By cell of the resource.
    about: Vec<Truth>,
}

/// Answers one world, remembering what groups have in common.
struct Solver<'p> {
    policy: &'p Policy<'p>,
    world: &'p World,
    judge: &'p Judge<'p>,
    callers: Vec<Caller>,
    /// By caller.
    key_cells: Vec<FxHashMap<Vec<ClauseId>, Rc<KeyCells>>>,
    /// By caller.
    solved: Vec<FxHashMap<Vec<Row>, Rc<Core>>>,
}

impl<'p> Solver<'p> {
    fn new(policy: &'p Policy<'p>, world: &'p World, judge: &'p Judge<'p>) -> Self {
        let mut callers = callers(policy, world, judge);
        for caller in &mut callers {
            settle(policy, world, caller);
        }
        let (key_cells, solved) =
            callers.iter().map(|_| (FxHashMap::default(), FxHashMap::default())).unzip();
        Self { policy, world, judge, callers, key_cells, solved }
    }

    fn group(&mut self, group: &Group) -> Rc<Core> {
        let mut all = Core::default();
        let mut uncertain = Vec::new();
        for caller in 0..self.callers.len() {
            let rows = self.rows(caller, group);
            let core = match self.solved[caller].get(&rows) {
                Some(core) => Rc::clone(core),
                None => {
                    let core = Rc::new(self.solve(caller, &rows, group.cells.len()));
                    self.solved[caller].insert(rows, Rc::clone(&core));
                    core
                }
            };
            if self.callers[caller].certain {
                all.merge(&core);
            } else {
                uncertain.push(core);
            }
        }
        for core in uncertain {
            all.merge_uncertain(&core);
        }
        Rc::new(all)
    }

    /// The statements that may apply to the caller and the group, alike ones once.
    fn rows(&self, caller: usize, group: &Group) -> Vec<Row> {
        let n_cells = group.cells.len();
        let mut about: Vec<(u32, Vec<Truth>)> = Vec::new();
        for (cell, entries) in group.cells.iter().map(|c| self.about(c)).enumerate() {
            for (statement, truth) in entries {
                let place = match about.binary_search_by_key(statement, |(s, _)| *s) {
                    Ok(place) => place,
                    Err(place) => {
                        about.insert(place, (*statement, vec![Truth::No; n_cells]));
                        place
                    }
                };
                about[place].1[cell] = *truth;
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut seen: FxHashSet<Row> = FxHashSet::default();
        let base = &self.callers[caller].base;
        for (statement, about) in about {
            let at = statement as usize;
            let (Some(compiled), Some(base)) = (self.policy.statements.get(at), base.get(at)) else {
                continue;
            };
            if *base == Truth::No {
                continue;
            }
            let row = row(compiled, *base, about);
            // Most routes have a handful of statements; a set pays only beyond.
            let known = if rows.len() < 16 { rows.contains(&row) } else { seen.contains(&row) };
            if !known {
                if rows.len() == 15 {
                    seen.extend(rows.iter().cloned());
                }
                if rows.len() >= 15 {
                    seen.insert(row.clone());
                }
                rows.push(row);
            }
        }
        rows
    }

    fn about<'c>(&self, cell: &'c super::routes::Cell) -> &'c About {
        match &cell.strict {
            Some(strict) if self.judge.is_strict() => strict,
            _ => &cell.about,
        }
    }

    fn solve(&mut self, caller: usize, rows: &[Row], n_cells: usize) -> Core {
        if rows.len() <= 64 {
            self.solve_with::<u64>(caller, rows, n_cells)
        } else {
            self.solve_with::<Box<[u64]>>(caller, rows, n_cells)
        }
    }

    fn solve_with<M: Mask>(&mut self, caller: usize, rows: &[Row], n_cells: usize) -> Core {
        let bits = |wanted: Effect| {
            M::from_bits(rows.iter().map(|r| r.effect == wanted || r.effect == Effect::Unknown))
        };
        let hidden = !self.policy.document.unknown.is_empty();
        let effects = Effects { allow: bits(Effect::Allow), deny: bits(Effect::Deny), hidden };
        let start = Sets::<M>::of(&rows.iter().map(|r| r.base).collect::<Vec<_>>());
        let cells =
            (0..n_cells).map(|cell| Sets::of(&rows.iter().map(|r| r.about[cell]).collect::<Vec<_>>()));
        let mut axes: Vec<Vec<Sets<M>>> = vec![cells.collect()];
        let keys = self.keys(caller, rows);
        for key in keys.iter() {
            let class = |(_, truths): &(Choice, Vec<Truth>)| Sets::of(&row_truths(rows, &key.tests, truths));
            axes.push(key.cells.iter().map(class).collect());
        }
        self.settle_and_fold(caller, &start, &axes, &effects, &keys)
    }

    /// The keys that the rows test, with the tests and cells of each.
    fn keys(&mut self, caller: usize, rows: &[Row]) -> Rc<Vec<Rc<KeyCells>>> {
        let mut ids: Vec<ClauseId> = rows.iter().flat_map(|r| r.clauses.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.order_by(|a, b| self.policy.clause(*a).key.cmp(&self.policy.clause(*b).key));
        let policy = self.policy;
        let same_key = |a: &ClauseId, b: &ClauseId| policy.clause(*a).key == policy.clause(*b).key;
        Rc::new(ids.chunk_by(same_key).map(|ids| self.cells_of_key(caller, ids)).collect())
    }

    fn cells_of_key(&mut self, caller: usize, tests: &[ClauseId]) -> Rc<KeyCells> {
        if let Some(cells) = self.key_cells[caller].get(tests) {
            return Rc::clone(cells);
        }
        let mut clauses: Vec<&Clause> = tests.iter().map(|id| self.policy.clause(*id)).collect();
        let key = clauses.first().map_or("", |c| c.key.as_str());
        let filled: Vec<Clause>;
        if clauses.iter().any(|c| c.has_variables()) {
            filled = clauses.iter().map(|c| c.filled(&self.callers[caller].request)).collect();
            clauses = filled.iter().collect();
        }
        let cells = self.cut(&self.callers[caller], key, &clauses);
        let cells = Rc::new(KeyCells { key: key.to_owned(), tests: tests.to_vec(), cells });
        self.key_cells[caller].insert(tests.to_vec(), Rc::clone(&cells));
        cells
    }

    fn cut(&self, caller: &Caller, key: &str, clauses: &[&Clause]) -> Vec<(Choice, Vec<Truth>)> {
        let domain = domain_of(self.world, caller, key);
        let mut cells: Vec<(Choice, Vec<Truth>)> = Vec::new();
        let mut seen: FxHashSet<Vec<Truth>> = FxHashSet::default();
        let mut request = (*caller.request).clone();
        for choice in choices(&domain, key, clauses) {
            request.context.retain(|(other, _)| other != key);
            if let Some(value) = &choice.value {
                request.context.push((key.to_owned(), value.clone()));
            }
            let truths: Vec<Truth> = clauses.iter().map(|c| c.holds(&request, self.judge)).collect();
            if seen.insert(truths.clone()) {
                cells.push((choice, truths));
            }
        }
        cells
    }

    /// Folds once for each way in which unsettled keys may stand, and keeps what holds in all of them.
    fn settle_and_fold<M: Mask>(
        &self,
        caller: usize,
        start: &Sets<M>,
        axes: &[Vec<Sets<M>>],
        effects: &Effects<M>,
        keys: &Rc<Vec<Rc<KeyCells>>>,
    ) -> Core {
        let open: Vec<usize> = keys
            .iter()
            .enumerate()
            .filter(|(_, key)| key.cells.len() > 1 && key.cells.iter().any(|(c, _)| c.unsettled))
            .map(|(at, _)| at)
            .collect();
        let ways = open.iter().fold(1_usize, |n, at| n.saturating_mul(keys[*at].cells.len()));
        if ways > WAYS {
            return self.too_many(caller);
        }
        if open.is_empty() {
            let Ok(found) = fold(start.clone(), axes, effects) else { return self.too_many(caller) };
            return self.core(caller, found, &[], keys);
        }
        let mut all: Option<Core> = None;
        for way in 0..ways {
            let mut fixed = axes.to_vec();
            let mut shift = vec![0; axes.len()];
            let mut rest = way;
            for at in &open {
                let (n, axis) = (keys[*at].cells.len(), at + 1);
                shift[axis] = rest % n;
                fixed[axis] = vec![axes[axis][rest % n].clone()];
                rest /= n;
            }
            let Ok(found) = fold(start.clone(), &fixed, effects) else { return self.too_many(caller) };
            let core = self.core(caller, found, &shift, keys);
            all = Some(match all {
                None => core,
                Some(before) => before.settled_with(core),
            });
        }
        all.unwrap_or_default()
    }

    fn core(&self, caller: usize, found: Found, shift: &[usize], keys: &Rc<Vec<Rc<KeyCells>>>) -> Core {
        let pick = |classes: Option<Vec<usize>>| {
            let mut classes = classes?;
            classes.iter_mut().zip(shift).for_each(|(class, shift)| *class += shift);
            let base = Rc::clone(&self.callers[caller].request);
            Some(Rc::new(Pick { base, keys: Rc::clone(keys), classes, limit: None }))
        };
        Core { allowed: pick(found.allowed), refused: pick(found.refused), doubtful: pick(found.doubtful) }
    }

    fn too_many(&self, caller: usize) -> Core {
        let base = Rc::clone(&self.callers[caller].request);
        let limit = Some("too many combinations of conditions to work out");
        let pick = Pick { base, keys: Rc::default(), classes: vec![0], limit };
        Core { doubtful: Some(Rc::new(pick)), ..Core::default() }
    }
}

impl Core {
    /// Adds the requests of another kind of caller.
    fn merge(&mut self, other: &Core) {
        keep_first(&mut self.allowed, &other.allowed);
        keep_first(&mut self.refused, &other.refused);
        keep_first(&mut self.doubtful, &other.doubtful);
    }

    /// Adds the requests of a kind of caller that there may be or not: in doubt is what only they can do, and
    /// that nobody is refused where only they are.
    fn merge_uncertain(&mut self, other: &Core) {
        if self.allowed.is_none() {
            keep_first(&mut self.doubtful, &other.allowed);
        } else if self.refused.is_none() {
            keep_first(&mut self.doubtful, &other.refused);
        }
        keep_first(&mut self.doubtful, &other.doubtful);
    }

    /// What holds in both of two ways that things may stand; what holds in one only is in doubt.
    fn settled_with(self, other: Core) -> Core {
        let doubt = match (&self.allowed, &other.allowed) {
            (Some(found), None) | (None, Some(found)) => Some(found.clone()),
            _ => None,
        };
        let doubt = doubt.or_else(|| match (&self.refused, &other.refused) {
            (Some(found), None) | (None, Some(found)) => Some(found.clone()),
            _ => None,
        });
        let both = |a: Option<_>, b: &Option<_>| a.filter(|_| b.is_some());
        Core {
            allowed: both(self.allowed, &other.allowed),
            refused: both(self.refused, &other.refused),
            doubtful: self.doubtful.or(other.doubtful).or(doubt),
        }
    }
}

fn keep_first(own: &mut Option<Rc<Pick>>, other: &Option<Rc<Pick>>) {
    if own.is_none() {
        own.clone_from(other);
    }
}

fn row(compiled: &Compiled<'_>, base: Truth, about: Vec<Truth>) -> Row {
    Row { effect: compiled.effect(), base, clauses: compiled.clauses.clone(), about }
}

/// By row: whether all its tests among these hold.
fn row_truths(rows: &[Row], ids: &[ClauseId], truths: &[Truth]) -> Vec<Truth> {
    let of = |id: &ClauseId| ids.iter().position(|own| own == id).and_then(|at| truths.get(at)).copied();
    let all = |row: &Row| row.clauses.iter().filter_map(of).min().unwrap_or(Truth::Yes);
    rows.iter().map(all).collect()
}

/// What a key can hold for one kind of caller.
fn domain_of(world: &World, caller: &Caller, key: &str) -> Domain {
    match (key, &caller.arn, caller.request.value(key)) {
        ("aws:principalarn", Some(domain), _) => domain.clone(),
        ("aws:principalaccount", Some(_), Some(KeyValue::Is(text))) => Domain::Is(text.clone()),
        _ => world.domain(key),
    }
}

/// Puts the keys on the caller's request that policy variables refer to, as far as the world has them in one
/// way; the others are unknown to variables.
fn settle(policy: &Policy<'_>, world: &World, caller: &mut Caller) {
    for key in policy.variable_keys() {
        let value = match domain_of(world, caller, &key) {
            Domain::Missing => continue,
            Domain::Is(text) => KeyValue::Is(text),
            _ => KeyValue::Unknown(format!("{key} is used as a policy variable")),
        };
        Rc::make_mut(&mut caller.request).context.push((key, value));
    }
}
