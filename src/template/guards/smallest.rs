//! The smallest assignment that makes a formula true.

use rustc_hash::FxHashMap;

use crate::order::Order;
use crate::template::guards::{AtomId, Guard, Guards, Node, TextId};

/// Most steps in the search for the smallest assignment; beyond it one is taken that cannot be made smaller by
/// leaving something out.
const MAX_STEPS: usize = 50_000;

/// What an assignment says about one atom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The atom.
    pub atom: AtomId,
    /// The texts it may be; empty when it may be anything but `except`.
    pub texts: Vec<String>,
    /// Texts it is not.
    pub except: Vec<String>,
}

/// A text, or `None`: none of the texts that are asked about.
type Choice = Option<TextId>;

/// How many atoms an assignment names, and how many of them have another value than their default.
type Cost = (usize, usize);

#[derive(Clone, Copy)]
struct Best {
    cost: Cost,
    /// What it says about the first atom, if anything.
    take: Option<(AtomId, Choice)>,
    then: (Guard, Guard),
}

struct Search<'guards> {
    guards: &'guards mut Guards,
    known: FxHashMap<(Guard, Guard), Option<Best>>,
    steps: usize,
}

impl Guards {
    /// The assignment with the fewest atoms, and among those the fewest values that are no defaults, under which
    /// `wanted` holds wherever `possible` does, and does somewhere. Each atom has all values for which that is so.
    /// Empty when `wanted` holds always; `None` when it never does.
    pub fn smallest(&mut self, wanted: Guard, possible: Guard) -> Option<Vec<Literal>> {
        let wanted = self.and(wanted, possible);
        if wanted == Guard::NEVER {
            return None;
        }
        let impossible = self.not(possible);
        let goal = self.or(wanted, impossible);
        self.smallest_within(goal, wanted)
    }

    /// The assignment with the fewest atoms, chosen likewise, under which `goal` holds and `wanted` is possible.
    /// `wanted` must be a part of `goal`.
    pub fn smallest_within(&mut self, goal: Guard, wanted: Guard) -> Option<Vec<Literal>> {
        if wanted == Guard::NEVER {
            return None;
        }
        let mut search = Search { guards: self, known: FxHashMap::default(), steps: 0 };
        let found = search.best(goal, wanted);
        let chosen = match found {
            Some(_) if search.steps <= MAX_STEPS => search.chosen(goal, wanted),
            _ => search.guards.some(goal, wanted),
        };
        Some(self.widened(chosen, goal, wanted))
    }

    /// The formula of an assignment.
    pub fn all_of(&mut self, literals: &[Literal]) -> Guard {
        literals.iter().fold(Guard::ALWAYS, |all, literal| {
            let one = self.literal(literal);
            self.and(all, one)
        })
    }

    fn literal(&mut self, literal: &Literal) -> Guard {
        if literal.texts.is_empty() {
            let excluded = self.is_one_of(literal.atom, literal.except.iter().map(String::as_str));
            return self.not(excluded);
        }
        self.is_one_of(literal.atom, literal.texts.iter().map(String::as_str))
    }

    /// An assignment from which nothing can be left out, not always the smallest.
    fn some(&mut self, goal: Guard, wanted: Guard) -> Vec<(AtomId, Choice)> {
        let mut chosen: Vec<(AtomId, Choice)> = Vec::new();
        let mut at = wanted;
        while let Some(node) = self.node_of(at) {
            let default = self.atoms.get(node.atom.0 as usize).and_then(|atom| atom.default);
            let by_default = default.map(|text| (Some(text), node.next(text)));
            let options = by_default.into_iter().chain(node.choices(self));
            let Some((choice, next)) = options.into_iter().find(|(_, next)| *next != Guard::NEVER) else {
                break;
            };
            chosen.push((node.atom, choice));
            at = next;
        }
        for atom in chosen.clone() {
            let fewer: Vec<_> = chosen.iter().copied().filter(|other| *other != atom).collect();
            let cube = self.cube(&fewer, [goal, wanted]);
            if self.follows(goal, cube) {
                chosen = fewer;
            }
        }
        chosen
    }

    fn cube(&mut self, chosen: &[(AtomId, Choice)], about: [Guard; 2]) -> Guard {
        chosen.iter().fold(Guard::ALWAYS, |all, &(atom, choice)| {
            let one = self.choice(atom, &[choice], about);
            self.and(all, one)
        })
    }

    /// `atom` has one of the chosen values; "none of the texts" is meant of those that `about` asks about.
    fn choice(&mut self, atom: AtomId, choices: &[Choice], about: [Guard; 2]) -> Guard {
        let name =
            |guards: &Guards, text: TextId| guards.texts.get(text.0 as usize).cloned().unwrap_or_default();
        if !choices.contains(&None) {
            let texts: Vec<String> = choices.iter().flatten().map(|&text| name(self, text)).collect();
            return self.is_one_of(atom, texts.iter().map(String::as_str));
        }
        let others: Vec<TextId> = self
            .mentioned_by(about, atom)
            .into_iter()
            .filter(|text| !choices.contains(&Some(*text)))
            .collect();
        let others: Vec<String> = others.into_iter().map(|text| name(self, text)).collect();
        let excluded = self.is_one_of(atom, others.iter().map(String::as_str));
        self.not(excluded)
    }

    /// Adds to each atom's value all others under which the assignment does the same.
    fn widened(&mut self, chosen: Vec<(AtomId, Choice)>, goal: Guard, wanted: Guard) -> Vec<Literal> {
        let about = [goal, wanted];
        let mut sets: Vec<(AtomId, Vec<Choice>)> =
            chosen.into_iter().map(|(atom, choice)| (atom, vec![choice])).collect();
        for at in 0..sets.len() {
            let Some((atom, own)) = sets.get(at).cloned() else { continue };
            // Of two values the other is no use: with both the atom would not be named.
            if self.atoms.get(atom.0 as usize).is_some_and(|atom| atom.closed.len() == 2) {
                continue;
            }
            let others = sets.clone().into_iter().filter(|(other, _)| *other != atom);
            let around = others.fold(Guard::ALWAYS, |all, (atom, choices)| {
                let one = self.choice(atom, &choices, about);
                self.and(all, one)
            });
            let mut wider = own.clone();
            for choice in self.choices_of(atom, about) {
                if wider.contains(&choice) {
                    continue;
                }
                let with = self.choice(atom, &[choice], about);
                let cube = self.and(around, with);
                if self.and(cube, wanted) != Guard::NEVER && self.follows(goal, cube) {
                    wider.push(choice);
                }
            }
            if let Some(slot) = sets.get_mut(at) {
                slot.1 = wider;
            }
        }
        sets.into_iter().map(|(atom, choices)| self.to_literal(atom, &choices, about)).collect()
    }

    fn to_literal(&self, atom: AtomId, choices: &[Choice], about: [Guard; 2]) -> Literal {
        let name = |text: TextId| self.texts.get(text.0 as usize).cloned();
        let all = self.choices_of(atom, about);
        let named = |wanted: bool| {
            let chosen = all.iter().filter(|choice| choices.contains(choice) == wanted);
            chosen.copied().flatten().filter_map(name).collect()
        };
        if choices.contains(&None) {
            Literal { atom, texts: Vec::new(), except: named(false) }
        } else {
            Literal { atom, texts: named(true), except: Vec::new() }
        }
    }

    /// Texts that one of the formulas compares an atom with, each once.
    fn mentioned_by(&self, about: [Guard; 2], atom: AtomId) -> Vec<TextId> {
        let mut texts: Vec<TextId> = about.iter().flat_map(|&guard| self.mentioned(guard, atom)).collect();
        texts.order();
        texts.dedup();
        texts
    }

    /// All values of an atom that can make a difference; all there are for a closed one.
    fn choices_of(&self, atom: AtomId, about: [Guard; 2]) -> Vec<Choice> {
        match self.atoms.get(atom.0 as usize).map(|atom| atom.closed.as_slice()) {
            None | Some([]) => {
                let mentioned = self.mentioned_by(about, atom);
                mentioned.into_iter().map(Some).chain([None]).collect()
            }
            Some(closed) => closed.iter().copied().map(Some).collect(),
        }
    }
}

impl Node {
    /// What the atom may be as far as this node can tell, with what follows.
    fn choices(&self, guards: &Guards) -> Vec<(Choice, Guard)> {
        let rest = guards.atoms.get(self.atom.0 as usize).and_then(|atom| atom.closed.first().copied());
        let rest = (rest, self.rest);
        std::iter::once(rest).chain(self.branches.iter().map(|&(text, next)| (Some(text), next))).collect()
    }
}

impl Search<'_> {
    /// The cheapest assignment that makes `goal` hold always and leaves `wanted` possible.
    fn best(&mut self, goal: Guard, wanted: Guard) -> Option<Best> {
        if goal == Guard::NEVER || wanted == Guard::NEVER {
            return None;
        }
        if goal == Guard::ALWAYS {
            return Some(Best { cost: (0, 0), take: None, then: (goal, wanted) });
        }
        if let Some(known) = self.known.get(&(goal, wanted)) {
            return *known;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS || self.guards.overflowed() {
            return None;
        }
        let atom = self.guards.node_of(goal)?.atom;
        let wanted_here = self.about(atom, wanted);
        let options = self.options(atom, goal, wanted_here);
        let all = options.iter().fold(Guard::ALWAYS, |all, (_, goal, _)| self.guards.and(all, *goal));
        let any = options.iter().fold(Guard::NEVER, |any, (_, _, wanted)| self.guards.or(any, *wanted));
        let default = self.guards.atoms.get(atom.0 as usize).and_then(|atom| atom.default);
        let named: Vec<Choice> = options.iter().map(|(choice, ..)| *choice).collect();
        let mut best: Option<Best> = None;
        for (choice, goal, wanted) in options {
            let Some(after) = self.best(goal, wanted) else { continue };
            let is_default = choice == default
                || (choice.is_none() && default.is_some_and(|text| !named.contains(&Some(text))));
            let cost = (after.cost.0 + 1, after.cost.1 + usize::from(!is_default));
            if best.is_none_or(|best| cost < best.cost) {
                best = Some(Best { cost, take: Some((atom, choice)), then: (goal, wanted) });
            }
        }
        if let Some(after) = self.best(all, any)
            && best.is_none_or(|best| after.cost < best.cost)
        {
            best = Some(Best { cost: after.cost, take: None, then: (all, any) });
        }
        self.known.insert((goal, wanted), best);
        best
    }

    /// `wanted` without the atoms in front of `atom`, about which the goal says nothing.
    fn about(&mut self, atom: AtomId, mut wanted: Guard) -> Guard {
        while let Some(node) = self.guards.node_of(wanted).filter(|node| node.atom < atom).cloned() {
            wanted = node.branches.iter().fold(node.rest, |any, (_, next)| self.guards.or(any, *next));
        }
        wanted
    }

    fn options(&self, atom: AtomId, goal: Guard, wanted: Guard) -> Vec<(Choice, Guard, Guard)> {
        let (branches, rest) = self.guards.zip(atom, goal, wanted);
        let first = self.guards.atoms.get(atom.0 as usize).and_then(|atom| atom.closed.first().copied());
        let rest = std::iter::once((first, rest.0, rest.1));
        rest.chain(branches.into_iter().map(|(text, goal, wanted)| (Some(text), goal, wanted))).collect()
    }

    fn chosen(&self, goal: Guard, wanted: Guard) -> Vec<(AtomId, Choice)> {
        let mut chosen = Vec::new();
        let mut at = (goal, wanted);
        while let Some(Some(best)) = self.known.get(&at) {
            chosen.extend(best.take);
            at = best.then;
        }
        chosen
    }
}
