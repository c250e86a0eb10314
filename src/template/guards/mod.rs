//! Formulas over what undecided values may be, as decision diagrams: when something is so.
//!
//! An *atom* is an undecided value (a parameter, a name that only AWS knows) with the texts it may be. A [`Guard`]
//! is a formula over `atom = text`, kept in one normal form: equal formulas are equal guards, so asking whether one
//! is possible or always true costs nothing. What the atoms mean is not known here.

mod smallest;

use rustc_hash::FxHashMap;

use crate::order::Order;
use crate::syntax::tree::NodeId;
use crate::template::value::{StackId, Value};

pub use smallest::Literal;

/// Most nodes of one diagram store. Beyond it nothing is decided and the answer is unknown.
const MAX_NODES: usize = 20_000;

/// Most steps of work on one store.
const MAX_WORK: usize = 400_000;

/// Most atoms of one store; the depth of every recursion over it.
const MAX_ATOMS: usize = 400;

/// A formula of one [`Guards`]. Equal formulas of one store are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guard(u32);

impl Guard {
    /// Nothing satisfies it.
    pub const NEVER: Guard = Guard(0);
    /// Everything satisfies it.
    pub const ALWAYS: Guard = Guard(1);
}

/// An undecided value, by number in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomId(u32);

/// A text, by number in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct TextId(u32);

/// What an undecided value may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domain {
    /// All texts it may be; empty when it may be any.
    pub texts: Vec<String>,
    /// The text it has when nobody says otherwise.
    pub default: Option<String>,
}

#[derive(Clone, Debug)]
struct Atom {
    value: Value,
    /// All texts it may be. The first stands for whatever a node does not list.
    closed: Vec<TextId>,
    default: Option<TextId>,
}

/// One question: which of these texts is the atom, or none of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    atom: AtomId,
    /// Texts with another answer than `rest`, sorted. Never holds the first text of a closed atom.
    branches: Box<[(TextId, Guard)]>,
    rest: Guard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Operator {
    And,
    Or,
}

/// A store of formulas.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    atoms: Vec<Atom>,
    by_value: FxHashMap<Value, AtomId>,
    texts: Vec<String>,
    by_text: FxHashMap<String, TextId>,
    nodes: Vec<Node>,
    by_node: FxHashMap<Node, Guard>,
    applied: FxHashMap<(Operator, Guard, Guard), Guard>,
    negated: FxHashMap<Guard, Guard>,
    /// Formulas of nodes of templates that are known; `None` while one is worked out.
    pub(super) known: FxHashMap<(StackId, NodeId), Option<Guard>>,
    /// What every deployment satisfies as far as conditions were read: keys that their mappings have.
    pub(super) valid: Option<Guard>,
    work: usize,
    overflowed: bool,
}

impl Guards {
    /// Whether some limit was passed. Formulas made since mean nothing.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// What every deployment satisfies as far as conditions were read: keys are in their mappings. `None` when that
    /// is no matter.
    pub fn valid(&self) -> Option<Guard> {
        self.valid
    }

    /// Gives up: whatever is asked from now on is not decided.
    pub fn overflow(&mut self) {
        self.overflowed = true;
    }

    /// Lets go of what only speeds up further work.
    pub fn settle(&mut self) {
        self.applied = FxHashMap::default();
        self.negated = FxHashMap::default();
        self.known = FxHashMap::default();
        self.work = 0;
    }

    /// The atom for a value; `domain` is asked when it is new.
    pub fn atom(&mut self, value: &Value, domain: impl FnOnce() -> Domain) -> AtomId {
        if let Some(&known) = self.by_value.get(value) {
            return known;
        }
        let domain = domain();
        let closed: Vec<TextId> = domain.texts.iter().map(|text| self.text(text)).collect();
        let default = domain.default.map(|text| self.text(&text));
        let id = AtomId(index(self.atoms.len()));
        self.overflowed |= self.atoms.len() >= MAX_ATOMS;
        self.atoms.push(Atom { value: value.clone(), closed, default });
        self.by_value.insert(value.clone(), id);
        id
    }

    /// The atom for a value, if something was asked about it.
    pub fn known_atom(&self, value: &Value) -> Option<AtomId> {
        self.by_value.get(value).copied()
    }

    /// The value that an atom stands for.
    pub fn value(&self, atom: AtomId) -> Option<&Value> {
        self.atoms.get(atom.0 as usize).map(|atom| &atom.value)
    }

    /// `atom = text`.
    pub fn is(&mut self, atom: AtomId, text: &str) -> Guard {
        let text = self.text(text);
        let Some(known) = self.atoms.get(atom.0 as usize) else { return Guard::NEVER };
        match known.closed.as_slice() {
            [] => {}
            closed if !closed.contains(&text) => return Guard::NEVER,
            [first, others @ ..] if *first == text => {
                let branches = others.iter().map(|&other| (other, Guard::NEVER)).collect();
                return self.node(atom, branches, Guard::ALWAYS);
            }
            _ => {}
        }
        self.node(atom, vec![(text, Guard::ALWAYS)], Guard::NEVER)
    }

    /// `atom` is one of `texts`.
    pub fn is_one_of<'t>(&mut self, atom: AtomId, texts: impl IntoIterator<Item = &'t str>) -> Guard {
        texts.into_iter().fold(Guard::NEVER, |any, text| {
            let is = self.is(atom, text);
            self.or(any, is)
        })
    }

    /// Both.
    pub fn and(&mut self, left: Guard, right: Guard) -> Guard {
        self.apply(Operator::And, left, right)
    }

    /// One of them at least.
    pub fn or(&mut self, left: Guard, right: Guard) -> Guard {
        self.apply(Operator::Or, left, right)
    }

    /// The opposite.
    pub fn not(&mut self, guard: Guard) -> Guard {
        match guard {
            Guard::NEVER => return Guard::ALWAYS,
            Guard::ALWAYS => return Guard::NEVER,
            _ => {}
        }
        if let Some(&known) = self.negated.get(&guard) {
            return known;
        }
        if self.is_exhausted() {
            return Guard::NEVER;
        }
        let Some(node) = self.node_of(guard).cloned() else { return Guard::NEVER };
        let branches = node.branches.iter().map(|&(text, next)| (text, self.not(next))).collect();
        let rest = self.not(node.rest);
        let negated = self.node(node.atom, branches, rest);
        self.negated.insert(guard, negated);
        negated
    }

    /// Whether `left` holds wherever `right` does.
    pub fn follows(&mut self, left: Guard, right: Guard) -> bool {
        let against = self.not(left);
        self.and(right, against) == Guard::NEVER
    }

    /// Whether it holds when every atom has its default. One without a default has the first of its texts, or none
    /// of those it is compared with: any one of them is the rarer side.
    pub fn by_default(&self, mut guard: Guard) -> bool {
        while let Some(node) = self.node_of(guard) {
            let default = self.atoms.get(node.atom.0 as usize).and_then(|atom| atom.default);
            guard = default.map_or(node.rest, |text| node.next(text));
        }
        guard == Guard::ALWAYS
    }

    /// The formula whatever the atoms are that `drop` names: whether some value of them satisfies it.
    pub fn without(&mut self, guard: Guard, drop: &dyn Fn(&Value) -> bool) -> Guard {
        let Some(node) = self.node_of(guard).cloned() else { return guard };
        if self.is_exhausted() {
            return Guard::NEVER;
        }
        let branches: Vec<_> =
            node.branches.iter().map(|&(text, next)| (text, self.without(next, drop))).collect();
        let rest = self.without(node.rest, drop);
        if self.value(node.atom).is_some_and(drop) {
            return branches.into_iter().fold(rest, |any, (_, next)| self.or(any, next));
        }
        self.node(node.atom, branches, rest)
    }

    /// Which texts an atom can still be under `guard`: those of `texts` that are left, and further ones that the
    /// formula names; then whether it can be yet another text.
    pub fn left(&self, guard: Guard, atom: AtomId, texts: Vec<String>) -> (Vec<String>, bool) {
        let is_closed = self.atoms.get(atom.0 as usize).is_some_and(|atom| !atom.closed.is_empty());
        let Some(nodes) = self.questions(guard, atom) else { return (texts, !is_closed) };
        let can_be = |text: TextId| nodes.iter().any(|node| node.next(text) != Guard::NEVER);
        let other = nodes.iter().any(|node| node.rest != Guard::NEVER);
        let mut left = texts;
        left.retain(|text| self.by_text.get(text).map_or(other && !is_closed, |&text| can_be(text)));
        if is_closed {
            return (left, false);
        }
        let mut named: Vec<TextId> =
            nodes.iter().flat_map(|node| node.branches.iter().map(|(text, _)| *text)).collect();
        named.order();
        named.dedup();
        for text in named.into_iter().filter(|&text| can_be(text)) {
            if let Some(text) = self.texts.get(text.0 as usize).filter(|text| !left.contains(text)) {
                left.push(text.clone());
            }
        }
        (left, other)
    }

    /// The questions that a formula asks about an atom; `None` when it can hold without asking one.
    fn questions(&self, guard: Guard, atom: AtomId) -> Option<Vec<&Node>> {
        let mut found = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![guard];
        while let Some(guard) = open.pop() {
            if guard == Guard::NEVER || !seen.insert(guard) {
                continue;
            }
            let node = self.node_of(guard).filter(|node| node.atom <= atom)?;
            if node.atom == atom {
                found.push(node);
            } else {
                open.extend(node.branches.iter().map(|(_, next)| *next));
                open.push(node.rest);
            }
        }
        Some(found)
    }

    /// The only text an atom can be under `guard`.
    pub fn only(&self, guard: Guard, atom: AtomId) -> Option<String> {
        if guard == Guard::ALWAYS {
            return None;
        }
        let closed = &self.atoms.get(atom.0 as usize)?.closed;
        let nodes = self.questions(guard, atom)?;
        let can_be = |text: TextId| nodes.iter().any(|node| node.next(text) != Guard::NEVER);
        if closed.is_empty() && nodes.iter().any(|node| node.rest != Guard::NEVER) {
            return None;
        }
        let named = nodes.iter().flat_map(|node| node.branches.iter().map(|(text, _)| *text));
        let texts: Vec<TextId> = if closed.is_empty() { named.collect() } else { closed.clone() };
        let mut left = texts.into_iter().filter(|&text| can_be(text));
        let first = left.next()?;
        left.all(|text| text == first).then(|| self.texts.get(first.0 as usize).cloned()).flatten()
    }

    /// Texts that the formula compares an atom with, in the order they were met.
    fn mentioned(&self, guard: Guard, atom: AtomId) -> Vec<TextId> {
        let mut found = std::collections::BTreeSet::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![guard];
        while let Some(guard) = open.pop() {
            let Some(node) = self.node_of(guard).filter(|node| node.atom <= atom && seen.insert(guard))
            else {
                continue;
            };
            if node.atom == atom {
                found.extend(node.branches.iter().map(|(text, _)| *text));
            } else {
                open.extend(node.branches.iter().map(|(_, next)| *next));
                open.push(node.rest);
            }
        }
        found.into_iter().collect()
    }

    fn apply(&mut self, operator: Operator, left: Guard, right: Guard) -> Guard {
        let (ends, passes) = match operator {
            Operator::And => (Guard::NEVER, Guard::ALWAYS),
            Operator::Or => (Guard::ALWAYS, Guard::NEVER),
        };
        if left == ends || right == ends {
            return ends;
        }
        if left == passes || left == right {
            return right;
        }
        if right == passes {
            return left;
        }
        let (left, right) = if left < right { (left, right) } else { (right, left) };
        if let Some(&known) = self.applied.get(&(operator, left, right)) {
            return known;
        }
        if self.is_exhausted() {
            return Guard::NEVER;
        }
        let Some(atom) = self.top(left).min(self.top(right)) else { return Guard::NEVER };
        let (mut branches, rest) = self.zip(atom, left, right);
        let rest = self.apply(operator, rest.0, rest.1);
        let branches =
            branches.drain(..).map(|(text, left, right)| (text, self.apply(operator, left, right))).collect();
        let result = self.node(atom, branches, rest);
        self.applied.insert((operator, left, right), result);
        result
    }

    /// Both formulas for each text of an atom that one of them asks about, and for the rest.
    #[expect(clippy::type_complexity, reason = "a list of triples and a pair, read at once")]
    fn zip(&self, atom: AtomId, left: Guard, right: Guard) -> (Vec<(TextId, Guard, Guard)>, (Guard, Guard)) {
        let node = |guard: Guard| self.node_of(guard).filter(|node| node.atom == atom);
        let (left_node, right_node) = (node(left), node(right));
        let own = |node: Option<&Node>| node.map_or(0, |node| node.branches.len());
        let mut texts: Vec<TextId> = Vec::with_capacity(own(left_node) + own(right_node));
        for node in [left_node, right_node].into_iter().flatten() {
            texts.extend(node.branches.iter().map(|(text, _)| *text));
        }
        texts.order();
        texts.dedup();
        let next = |node: Option<&Node>, guard: Guard, text| node.map_or(guard, |node| node.next(text));
        let branches = texts
            .into_iter()
            .map(|text| (text, next(left_node, left, text), next(right_node, right, text)))
            .collect();
        let rest = |node: Option<&Node>, guard: Guard| node.map_or(guard, |node| node.rest);
        (branches, (rest(left_node, left), rest(right_node, right)))
    }

    fn node(&mut self, atom: AtomId, mut branches: Vec<(TextId, Guard)>, rest: Guard) -> Guard {
        branches.retain(|(_, next)| *next != rest);
        if branches.is_empty() {
            return rest;
        }
        branches.order();
        let node = Node { atom, branches: branches.into_boxed_slice(), rest };
        if let Some(&known) = self.by_node.get(&node) {
            return known;
        }
        let made = Guard(index(self.nodes.len()).saturating_add(2));
        self.work += node.branches.len();
        self.nodes.push(node.clone());
        self.by_node.insert(node, made);
        made
    }

    fn is_exhausted(&mut self) -> bool {
        self.work += 1;
        self.overflowed |= self.work > MAX_WORK || self.nodes.len() > MAX_NODES;
        self.overflowed
    }

    fn node_of(&self, guard: Guard) -> Option<&Node> {
        self.nodes.get((guard.0 as usize).checked_sub(2)?)
    }

    /// The first atom a formula asks about; constants come last.
    fn top(&self, guard: Guard) -> Top {
        Top(self.node_of(guard).map(|node| node.atom))
    }

    fn text(&mut self, text: &str) -> TextId {
        if let Some(&known) = self.by_text.get(text) {
            return known;
        }
        let id = TextId(index(self.texts.len()));
        self.texts.push(text.to_owned());
        self.by_text.insert(text.to_owned(), id);
        id
    }
}

/// An atom, or none: then it sorts last.
#[derive(Clone, Copy)]
struct Top(Option<AtomId>);

impl Top {
    fn min(self, other: Top) -> Option<AtomId> {
        match (self.0, other.0) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        }
    }
}

impl Node {
    fn next(&self, text: TextId) -> Guard {
        match self.branches.binary_search_by_key(&text, |(text, _)| *text) {
            Ok(at) => self.branches.get(at).map_or(self.rest, |(_, next)| *next),
            Err(_) => self.rest,
        }
    }
}

/// Numbers of nodes, atoms and texts are bounded far below `u32::MAX`.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(guards: &mut Guards, name: &str, texts: &[&str]) -> AtomId {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let default = texts.first().cloned();
        guards.atom(&Value::String(name.to_owned()), || Domain { texts, default })
    }

    #[test]
    fn equal_formulas_are_one() {
        let mut guards = Guards::default();
        let size = atom(&mut guards, "Size", &["s", "m", "l"]);
        let name = atom(&mut guards, "Name", &[]);
        let small = guards.is(size, "s");
        let others = guards.is_one_of(size, ["m", "l"]);
        assert_eq!(guards.not(small), others);
        assert_eq!(guards.or(small, others), Guard::ALWAYS);
        assert_eq!(guards.is(size, "xl"), Guard::NEVER);
        let named = guards.is(name, "a");
        let left = guards.and(small, named);
        let both = guards.not(left);
        let (no, not) = (guards.not(small), guards.not(named));
        assert_eq!(guards.or(no, not), both);
    }

    #[test]
    fn what_is_left() {
        let mut guards = Guards::default();
        let name = atom(&mut guards, "Name", &[]);
        let size = atom(&mut guards, "Size", &["s", "m"]);
        let some = guards.is_one_of(name, ["a", "b"]);
        assert_eq!(
            guards.left(some, name, vec!["a".to_owned()]),
            (vec!["a".to_owned(), "b".to_owned()], false)
        );
        let none = guards.not(some);
        assert_eq!(guards.left(none, name, vec!["a".to_owned()]), (Vec::new(), true));
        let small = guards.is(size, "s");
        let large = guards.not(small);
        assert_eq!(guards.only(large, size).as_deref(), Some("m"));
        assert_eq!(guards.only(some, name), None);
    }

    #[test]
    fn parity_of_many_stays_small() {
        let mut guards = Guards::default();
        let mut odd = Guard::NEVER;
        for at in 0..60 {
            let one = atom(&mut guards, &format!("P{at}"), &["no", "yes"]);
            let is = guards.is(one, "yes");
            let (not_is, even) = (guards.not(is), guards.not(odd));
            let (left, right) = (guards.and(odd, not_is), guards.and(even, is));
            odd = guards.or(left, right);
        }
        assert!(!guards.overflowed());
        assert!(!guards.by_default(odd));
    }

    #[test]
    fn too_much_is_told() {
        let mut guards = Guards::default();
        // Pairs whose partners are far apart are the worst order of questions there is.
        let all: Vec<AtomId> =
            (0..40).map(|at| atom(&mut guards, &format!("P{at}"), &["no", "yes"])).collect();
        let mut any = Guard::NEVER;
        for at in 0..20 {
            let (left, right) = (guards.is(all[at], "yes"), guards.is(all[at + 20], "yes"));
            let both = guards.and(left, right);
            any = guards.or(any, both);
        }
        assert!(guards.overflowed());
    }
}
