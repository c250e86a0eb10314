//! Folding axes: which combinations of statements can apply to one request.
//!
//! Each axis (a context key, the resource) contributes for each of its classes the set of statements whose
//! tests hold. Folding with "and" keeps every reachable set once, so the cost is a sum over the axes of sets
//! times classes, never the product of the axes. Statements are bits here and nothing else.

use std::hash::Hash;

use rustc_hash::FxHashSet;

use super::truth::Truth;

/// Combinations of sets and classes looked at in one fold before giving up.
const COMBINATIONS: usize = 4_000_000;

/// A set of statements.
pub(super) trait Mask: Clone + Eq + Hash {
    fn from_bits(bits: impl Iterator<Item = bool>) -> Self;
    fn and(&self, other: &Self) -> Self;
    fn meets(&self, other: &Self) -> bool;
}

impl Mask for u64 {
    fn from_bits(bits: impl Iterator<Item = bool>) -> Self {
        bits.take(64).enumerate().fold(0, |mask, (at, bit)| mask | u64::from(bit) << at)
    }

    fn and(&self, other: &Self) -> Self {
        self & other
    }

    fn meets(&self, other: &Self) -> bool {
        self & other != 0
    }
}

impl Mask for Box<[u64]> {
    fn from_bits(bits: impl Iterator<Item = bool>) -> Self {
        let mut words = Vec::new();
        for (at, bit) in bits.enumerate() {
            if at % 64 == 0 {
                words.push(0);
            }
            if let Some(last) = words.last_mut() {
                *last |= u64::from(bit) << (at % 64);
            }
        }
        words.into_boxed_slice()
    }

    fn and(&self, other: &Self) -> Self {
        self.iter().zip(other.iter()).map(|(a, b)| a & b).collect()
    }

    fn meets(&self, other: &Self) -> bool {
        self.iter().zip(other.iter()).any(|(a, b)| a & b != 0)
    }
}

/// The statements that certainly apply, and those that may.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sets<M> {
    must: M,
    may: M,
}

impl<M: Mask> Sets<M> {
    pub(super) fn of(truths: &[Truth]) -> Self {
        Self {
            must: M::from_bits(truths.iter().map(|t| *t == Truth::Yes)),
            may: M::from_bits(truths.iter().map(|t| *t != Truth::No)),
        }
    }

    fn and(&self, other: &Self) -> Self {
        Self { must: self.must.and(&other.must), may: self.may.and(&other.may) }
    }
}

/// Which statements allow and which deny; one of unknown effect does both.
pub(super) struct Effects<M> {
    pub(super) allow: M,
    pub(super) deny: M,
    /// Whether statements may exist that nobody sees.
    pub(super) hidden: bool,
}

impl<M: Mask> Effects<M> {
    /// Whether a request that these statements apply to is let through.
    fn verdict(&self, sets: &Sets<M>) -> Truth {
        if sets.must.meets(&self.deny) {
            Truth::No
        } else if self.hidden {
            Truth::Unknown
        } else if !sets.may.meets(&self.allow) {
            Truth::No
        } else if sets.must.meets(&self.allow) && !sets.may.meets(&self.deny) {
            Truth::Yes
        } else {
            Truth::Unknown
        }
    }

    /// Whether nothing further can change the verdict.
    fn is_refused_for_good(&self, sets: &Sets<M>) -> bool {
        !self.hidden && !sets.may.meets(&self.allow)
    }
}

/// What a fold found: for each verdict a choice of one class on each axis that leads to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) allowed: Option<Vec<usize>>,
    pub(super) refused: Option<Vec<usize>>,
    pub(super) doubtful: Option<Vec<usize>>,
}

/// A set reached at some axis, with the way to it.
struct Reached<M> {
    sets: Sets<M>,
    parent: usize,
    class: usize,
}

/// Folds the axes in order, starting from the statements that apply whatever the axes say.
///
/// # Errors
///
/// `Err(())` when there are too many combinations.
pub(super) fn fold<M: Mask>(
    start: Sets<M>,
    axes: &[Vec<Sets<M>>],
    effects: &Effects<M>,
) -> Result<Found, ()> {
    let mut layers = vec![vec![Reached { sets: start, parent: 0, class: 0 }]];
    let mut spent = 0_usize;
    for axis in axes {
        let Some(last) = layers.last() else { break };
        spent = spent.saturating_add(last.len().saturating_mul(axis.len()));
        if spent > COMBINATIONS {
            return Err(());
        }
        let layer = one_axis(last, axis, effects);
        layers.push(layer);
    }
    let mut found = Found::default();
    for (at, reached) in layers.last().into_iter().flatten().enumerate() {
        let place = match effects.verdict(&reached.sets) {
            Truth::Yes => &mut found.allowed,
            Truth::No => &mut found.refused,
            Truth::Unknown => &mut found.doubtful,
        };
        if place.is_none() {
            *place = Some(way(&layers, at));
        }
    }
    Ok(found)
}

fn one_axis<M: Mask>(last: &[Reached<M>], axis: &[Sets<M>], effects: &Effects<M>) -> Vec<Reached<M>> {
    let mut layer: Vec<Reached<M>> = Vec::new();
    let mut seen: FxHashSet<Sets<M>> = FxHashSet::default();
    let mut refused = false;
    for (parent, reached) in last.iter().enumerate() {
        for (class, own) in axis.iter().enumerate() {
            let sets = reached.sets.and(own);
            // All sets that cannot allow any more are alike; one stands for them.
            if effects.is_refused_for_good(&sets) {
                if !refused {
                    refused = true;
                    layer.push(Reached { sets, parent, class });
                }
            } else if seen.insert(sets.clone()) {
                layer.push(Reached { sets, parent, class });
            }
        }
    }
    layer
}

fn way<M>(layers: &[Vec<Reached<M>>], mut at: usize) -> Vec<usize> {
    let mut classes = Vec::with_capacity(layers.len());
    for layer in layers.iter().skip(1).rev() {
        let Some(reached) = layer.get(at) else { break };
        classes.push(reached.class);
        at = reached.parent;
    }
    classes.reverse();
    classes
}
