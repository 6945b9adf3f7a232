//! Combinations of values that no two rows share: composite unique keys.
//!
//! Rows are permuted over the product of the parts' sizes and cut up by mixed radix. Where one part is a parent that
//! has children, the others are a permutation within each parent.

use super::children::Children;
use super::column::Scratch;
use super::hash::Salt;
use super::permutation::Permutation;
use std::sync::Arc;

/// The parts of a unique combination.
#[derive(Debug)]
pub(super) struct Tuple {
    /// Of each free part: how many values it has.
    sizes: Vec<u64>,
    order: Order,
}

#[derive(Debug)]
enum Order {
    /// Over the product of all parts.
    Whole(Permutation),
    /// Within each parent; another for each.
    Within { children: Arc<Children>, product: u64, salt: Salt },
}

impl Tuple {
    /// Over all parts; the product is at least the number of rows.
    pub(super) fn whole(sizes: Vec<u64>, salt: Salt) -> Self {
        let permutation = Permutation::new(product(&sizes), salt);
        Self { sizes, order: Order::Whole(permutation) }
    }

    /// Of the parts beside a parent; the product is at least the most children that any parent has.
    pub(super) fn within(children: Arc<Children>, sizes: Vec<u64>, salt: Salt) -> Self {
        let product = product(&sizes);
        Self { sizes, order: Order::Within { children, product, salt } }
    }

    /// The index of one of the parts.
    pub(super) fn part(&self, row: u64, part: usize, scratch: &mut Scratch) -> u64 {
        let combination = match &self.order {
            Order::Whole(permutation) => permutation.apply(row),
            Order::Within { children, product, salt } => {
                let place = children.place(row, scratch);
                Permutation::new(*product, salt.other(place.parent)).apply(place.number)
            }
        };
        let above: u64 = self.sizes[part + 1..].iter().product();
        combination / above % self.sizes[part]
    }
}

/// At most 2^62, so that a permutation can count it.
pub(super) fn product(sizes: &[u64]) -> u64 {
    sizes.iter().fold(1u64, |product, &size| product.saturating_mul(size)).min(1 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_combination_comes_twice() {
        let tuple = Tuple::whole(vec![7, 11, 13], Salt::new(1, &["t"]));
        let scratch = &mut Scratch::default();
        let seen: HashSet<[u64; 3]> =
            (0..1001).map(|row| [0, 1, 2].map(|part| tuple.part(row, part, scratch))).collect();
        assert_eq!(seen.len(), 1001);
        assert!(seen.iter().all(|parts| parts[0] < 7 && parts[1] < 11 && parts[2] < 13));
    }

    #[test]
    fn no_parent_has_a_combination_twice() {
        let children = Arc::new(Children::equal(50, 20));
        let tuple = Tuple::within(Arc::clone(&children), vec![25], Salt::new(1, &["t"]));
        let scratch = &mut Scratch::default();
        let seen: HashSet<(u64, u64)> =
            (0..1000).map(|row| (children.place(row, scratch).parent, tuple.part(row, 0, scratch))).collect();
        assert_eq!(seen.len(), 1000);
    }
}
