//! Putting lists in order.
//!
//! The sorts of the standard library are compiled anew for each kind of element and key, at six kilobytes each; here only
//! the comparison is. What the order is for is the caller's business. Lists of numbers and the like are as well sorted by
//! `sort_unstable`.

use std::cmp::Ordering;

/// Lists that can be put in order. What compares equal stays as it stood.
pub trait Order<T> {
    /// Smallest first.
    fn order(&mut self)
    where
        T: Ord;

    /// As `compare` says.
    fn order_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Smallest key first. A key is made for each comparison.
    fn order_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Order<T> for [T] {
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }

    fn order_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        // The places are those of this list, so both are there.
        let places = places(self.len(), &mut |left, right| match (self.get(left), self.get(right)) {
            (Some(left), Some(right)) => compare(left, right),
            _ => Ordering::Equal,
        });
        if let Some(places) = places {
            settle(places, &mut |left, right| self.swap(left, right));
        }
    }

    fn order_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.order_by(|left, right| key(left).cmp(&key(right)));
    }
}

/// Which element belongs to each place, by the place where it stands now; `None` when all are in order.
fn places(length: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Option<Vec<usize>> {
    if (1..length).all(|place| compare(place - 1, place).is_le()) {
        return None;
    }
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|&left, &right| compare(left, right));
    Some(places)
}

/// Moves the elements to their places: each swap brings one of them home.
fn settle(mut places: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        let mut place = start;
        // A place that has its element names itself.
        while let Some(entry) = places.get_mut(place) {
            let from = std::mem::replace(entry, place);
            if from == start || from == place {
                break;
            }
            swap(place, from);
            place = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every list of up to seven elements with few keys, and some long ones: the same as the standard library's, which is
    /// stable.
    #[test]
    fn it_orders_as_the_standard_library_does() {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new()];
        for length in 1..=7_u32 {
            for code in 0..3_u32.pow(length) {
                lists.push((0..length).map(|place| code / 3_u32.pow(place) % 3).collect());
            }
        }
        for length in [20, 21, 100, 1000] {
            lists.push((0..length).map(|n: u32| n.wrapping_mul(2_654_435_761) % 97).collect());
            lists.push((0..length).rev().collect());
        }
        for list in lists {
            let mut ours: Vec<(u32, usize)> = list.iter().copied().zip(0..).collect();
            let mut theirs = ours.clone();
            ours.order_by_key(|(key, _)| *key);
            theirs.sort_by_key(|(key, _)| *key);
            assert_eq!(ours, theirs);
            ours.order_by(|left, right| right.cmp(left));
            theirs.sort_by(|left, right| right.cmp(left));
            assert_eq!(ours, theirs);
            ours.order();
            theirs.sort();
            assert_eq!(ours, theirs);
        }
    }
}
