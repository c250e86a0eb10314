//! Methods that an API has only under some assignments, and what they change about its callers.
//!
//! Such methods do not split an API: forty functions under forty conditions would make more cases than anyone can
//! look at. What they do to a caller's answer is found out first, and only that splits.

use crate::exposure::model::{Case, Decision, Method};
use crate::order::Order;
use crate::template::guards::{Guard, Guards};

/// Most formulas under which methods exist that are asked about one by one.
const MAX_FORMULAS: usize = 128;

/// A method with the formula under which the API has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Served {
    /// When the API has it.
    pub(crate) when: Guard,
    /// The method.
    pub(crate) method: Method,
}

/// What is decided about each caller, and whether routes without signature are shut to unsigned calls.
type Answers = (Vec<(Decision, Decision, Decision)>, bool);

/// Methods that are there under the same formula, within a case.
type Sometimes = (Guard, Vec<Method>);

fn answers(case: &Case) -> Answers {
    let of_each = case.callers.iter().map(|caller| (caller.decision, caller.unsigned, caller.foreign));
    (of_each.collect(), case.signed_only.is_some())
}

/// The case under `guard` with its methods and callers: several cases where it depends on methods that are there
/// only sometimes what a caller may do. A case has all methods that it may have.
///
/// What is decided over several routes is joined from what is decided over each, so methods that change nothing by
/// themselves change nothing together, and those that change the same are one question.
pub(crate) fn callers(
    guards: &mut Guards,
    guard: Guard,
    mut case: Case,
    served: &[Served],
    judge: &dyn Fn(&mut Case),
) -> Vec<(Guard, Case)> {
    let (always, sometimes) = sorted(guards, guard, served);
    case.methods = served_by(&always, sometimes.iter());
    judge(&mut case);
    if sometimes.is_empty() {
        return vec![(guard, case)];
    }
    let with = |some: &[&Sometimes]| {
        let mut other = case.clone();
        other.methods = served_by(&always, some.iter().copied());
        judge(&mut other);
        other
    };
    let least = with(&[]);
    if answers(&least) == answers(&case) {
        return vec![(guard, case)];
    }
    if sometimes.len() > MAX_FORMULAS {
        leave_open(&mut case, &least);
        return vec![(guard, case)];
    }
    let least = answers(&least);
    let mut silent: Vec<&Sometimes> = Vec::new();
    let mut telling: Vec<(Answers, Vec<&Sometimes>)> = Vec::new();
    for one in &sometimes {
        let answers = answers(&with(&[one]));
        if answers == least {
            silent.push(one);
        } else if let Some((_, alike)) = telling.iter_mut().find(|(known, _)| *known == answers) {
            alike.push(one);
        } else {
            telling.push((answers, vec![one]));
        }
    }
    let states = split(guards, (guard, silent), telling.into_iter().map(|(_, alike)| alike));
    states.into_iter().map(|(guard, there)| (guard, with(&there))).collect()
}

/// What differs between all methods and none of those that are not always there is unknown.
fn leave_open(case: &mut Case, least: &Case) {
    let (of_each, shut) = answers(least);
    if case.signed_only.is_some() != shut {
        case.signed_only = None;
    }
    for (caller, least) in case.callers.iter_mut().zip(of_each) {
        if (caller.decision, caller.unsigned, caller.foreign) != least {
            (caller.decision, caller.unsigned, caller.foreign) =
                (Decision::Unknown, Decision::Unknown, Decision::Unknown);
        }
    }
}

/// Splits a case by each of some questions: whether one at least of its methods is there.
fn split<'m>(
    guards: &mut Guards,
    whole: (Guard, Vec<&'m Sometimes>),
    questions: impl Iterator<Item = Vec<&'m Sometimes>>,
) -> Vec<(Guard, Vec<&'m Sometimes>)> {
    let mut states = vec![whole];
    for alike in questions {
        let any = alike.iter().fold(Guard::NEVER, |any, (when, _)| guards.or(any, *when));
        let none = guards.not(any);
        let mut split = Vec::with_capacity(states.len() * 2);
        let first = guards.by_default(any);
        for (guard, there) in states {
            let (yes, no) = (guards.and(guard, any), guards.and(guard, none));
            let with = (yes, there.iter().chain(&alike).copied().collect());
            split.extend(if first { [with, (no, there)] } else { [(no, there), with] });
        }
        split.retain(|(guard, _)| *guard != Guard::NEVER);
        states = split;
    }
    states
}

/// Methods that are there in all of the case, and others by the formula under which they are.
fn sorted(guards: &mut Guards, guard: Guard, served: &[Served]) -> (Vec<Method>, Vec<Sometimes>) {
    let (mut always, mut sometimes) = (Vec::new(), Vec::<Sometimes>::new());
    for Served { when, method } in served {
        let here = guards.and(guard, *when);
        if here == guard {
            always.push(method.clone());
        } else if here != Guard::NEVER {
            match sometimes.iter_mut().find(|(known, _)| *known == here) {
                Some((_, alike)) => alike.push(method.clone()),
                None => sometimes.push((here, vec![method.clone()])),
            }
        }
    }
    (always, sometimes)
}

/// Methods in written order.
fn served_by<'m>(always: &[Method], some: impl Iterator<Item = &'m Sometimes>) -> Vec<Method> {
    let mut methods = always.to_vec();
    methods.extend(some.flat_map(|(_, alike)| alike.iter().cloned()));
    methods.order_by_key(|method| (method.span.file, method.span.range));
    methods
}
