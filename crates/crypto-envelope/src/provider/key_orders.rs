//! The orders in which pairs of an encryption context can stand.

use crate::{EncryptionContext, Result, context::serialize_pairs};

/// Calls `matches` with the serialised form of a context in one order after the other, until it says that this is it. None but
/// that of the keys as UTF-8, which somebody tried before, is left out.
pub(super) fn find<T>(
    context: &EncryptionContext,
    matches: impl Fn(&[u8]) -> Option<T>,
) -> Result<Option<T>> {
    let mut pairs = context.iter().collect::<Vec<_>>();
    if pairs.len() > MOST_PAIRS {
        return Ok(None);
    }
    // That of JavaScript, where there is nothing but letters.
    pairs.sort_by_key(|(key, _)| key.to_lowercase());
    if let Some(found) = matches(&serialize_pairs(&pairs)?) {
        return Ok(Some(found));
    }
    let mut turns = vec![0; pairs.len()];
    let mut place = 0;
    // Each order by one exchange (Heap 1963).
    while place < pairs.len() {
        if turns[place] < place {
            let other = if place % 2 == 0 { 0 } else { turns[place] };
            pairs.swap(other, place);
            if let Some(found) = matches(&serialize_pairs(&pairs)?) {
                return Ok(Some(found));
            }
            turns[place] += 1;
            place = 0;
        } else {
            turns[place] = 0;
            place += 1;
        }
    }
    Ok(None)
}

/// Of which there are 5040 orders.
const MOST_PAIRS: usize = 7;

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, collections::BTreeSet};

    use super::*;

    #[test]
    fn each_order_is_tried() -> Result<()> {
        for (length, orders) in [(0_usize, 1), (1, 1), (2, 2), (3, 6), (5, 120), (7, 5040)] {
            let pairs = (0..length).map(|number| (format!("key {number}"), String::new()));
            let context = pairs.collect::<EncryptionContext>();
            let tried = RefCell::new(BTreeSet::new());
            let found = find(&context, |form| {
                tried.borrow_mut().insert(form.to_vec());
                None::<()>
            })?;
            assert_eq!((found, tried.into_inner().len()), (None, orders));
        }
        let many = (0..8).map(|number| (number.to_string(), String::new()));
        let many = many.collect::<EncryptionContext>();
        assert_eq!(find(&many, |_| Some(()))?, None);
        Ok(())
    }
}
