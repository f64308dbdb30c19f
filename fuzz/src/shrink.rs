//! Making a find smaller.

/// The smallest bytes found for which `fails` still holds, by leaving some
/// out, and by making them zero or less. Calls `fails` at most `attempts` times.
pub fn shrink(bytes: &[u8], attempts: usize, mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = bytes.to_vec();
    let mut left = attempts;
    let mut attempt = |candidate: &[u8], best: &mut Vec<u8>| {
        if left == 0 || candidate == best {
            return false;
        }
        left -= 1;
        let smaller = fails(candidate);
        if smaller {
            *best = candidate.to_vec();
        }
        smaller
    };
    loop {
        let before = best.clone();
        shorten(&mut best, &mut attempt);
        lessen(&mut best, &mut attempt);
        if best == before {
            return best;
        }
    }
}

fn shorten(best: &mut Vec<u8>, attempt: &mut impl FnMut(&[u8], &mut Vec<u8>) -> bool) {
    let mut size = best.len().next_power_of_two() / 2;
    while size > 0 {
        let mut start = best.len().saturating_sub(size);
        loop {
            let end = (start + size).min(best.len());
            let candidate = [&best[..start], &best[end..]].concat();
            attempt(&candidate, best);
            if start == 0 {
                break;
            }
            start = start.saturating_sub(size).min(best.len());
        }
        size /= 2;
    }
}

fn lessen(best: &mut Vec<u8>, attempt: &mut impl FnMut(&[u8], &mut Vec<u8>) -> bool) {
    let mut size = 16;
    while size > 0 {
        for start in (0..best.len()).step_by(size) {
            let mut candidate = best.clone();
            let end = (start + size).min(candidate.len());
            candidate[start..end].fill(0);
            attempt(&candidate, best);
        }
        size /= 2;
    }
    for place in 0..best.len() {
        let mut step = best[place];
        while step > 0 {
            let mut candidate = best.clone();
            candidate[place] = candidate[place].saturating_sub(step);
            if !attempt(&candidate, best) {
                step /= 2;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_goes() {
        let bytes: Vec<u8> = (0..200).collect();
        let small = shrink(&bytes, 10_000, |bytes| bytes.iter().any(|&byte| byte >= 77));
        assert_eq!(small, [77]);
    }
}
