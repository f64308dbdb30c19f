//! Figures and how they are taken: engines take turns within each repetition, so
//! that what the machine does besides hits all of them alike.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Repeated measurements of one thing, in nanoseconds (or whatever else the
/// section says), never empty.
#[derive(Clone, Debug)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// What was measured, in the order in which it was.
    ///
    /// # Panics
    /// If there is nothing.
    pub fn new(values: Vec<f64>) -> Sample {
        assert!(!values.is_empty(), "a sample has at least one value");
        Sample(values)
    }

    /// The value below which the fraction `rank` of them lies.
    fn quantile(&self, rank: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = rank * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        low + (high - low) * at.fract()
    }

    /// The smallest: what noise added least to.
    pub fn minimum(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Half the distance between the quartiles, relative to the median.
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / 2.0 / self.median().max(f64::MIN_POSITIVE)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each divided by `divisor`.
    pub fn per(&self, divisor: f64) -> Sample {
        Sample(self.0.iter().map(|value| value / divisor).collect())
    }

    /// The median of the ratios of those taken in the same repetition.
    pub fn paired_ratio(&self, base: &Sample) -> f64 {
        let ratios = self.0.iter().zip(&base.0).map(|(mine, theirs)| mine / theirs).collect();
        Sample(ratios).median()
    }
}

/// How often and how long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Repetitions of each measurement, at most.
    pub repetitions: usize,
    /// After this much time, one who takes turns is left out of further ones.
    pub budget: Duration,
}

/// The order of one repetition, as good as drawn: whoever comes behind another finds
/// caches as that one has left them, so nobody may come behind the same one each time.
fn order(count: usize, repetition: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_cached_key(|who| {
        let mut hasher = DefaultHasher::new();
        (repetition, who).hash(&mut hasher);
        hasher.finish()
    });
    order
}

/// Measures `count` things in turns, each repetition in another order.
/// `once` returns a figure; whoever fails is left out from then on, with its error.
pub fn take_turns(
    count: usize,
    effort: Effort,
    mut once: impl FnMut(usize) -> Result<f64>,
) -> Vec<Result<Sample>> {
    let mut values = vec![Vec::new(); count];
    let mut spent = vec![Duration::ZERO; count];
    let mut errors: Vec<_> = (0..count).map(|_| None).collect();
    for repetition in 0..effort.repetitions {
        for who in order(count, repetition) {
            if errors[who].is_some() || (repetition > 0 && spent[who] > effort.budget) {
                continue;
            }
            let begin = Instant::now();
            match once(who) {
                Ok(value) => values[who].push(value),
                Err(error) => errors[who] = Some(error),
            }
            spent[who] += begin.elapsed();
        }
    }
    values
        .into_iter()
        .zip(errors)
        .map(|(values, error)| error.map_or_else(|| Ok(Sample::new(values)), Err))
        .collect()
}

/// The geometric mean.
pub fn geomean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// A duration in nanoseconds.
pub fn nanoseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// Three significant digits.
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        small if small < 0.1 => format!("{value:.4}"),
        small if small < 1.0 => format!("{value:.3}"),
        small if small < 10.0 => format!("{value:.2}"),
        small if small < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_five_values() {
        let sample = Sample::new(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(sample.minimum(), 1.0);
        assert_eq!(sample.median(), 3.0);
        assert_eq!(sample.spread(), 1.0 / 3.0);
        let twice = Sample::new(vec![10.0, 2.0, 8.0, 4.0, 6.0]);
        assert_eq!(twice.paired_ratio(&sample), 2.0);
        assert!((geomean(&[1.0, 4.0]) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn all_take_turns_and_failures_stay_out() {
        let mut taken = Vec::new();
        let effort = Effort { repetitions: 3, budget: Duration::MAX };
        let samples = take_turns(3, effort, |who| {
            taken.push(who);
            if who == 1 { Err(anyhow::anyhow!("no")) } else { Ok(who as f64) }
        });
        let turns = [0, 1, 2].map(|who| taken.iter().filter(|&&other| other == who).count());
        assert_eq!(turns, [3, 1, 3]);
        assert!(samples[1].is_err());
        assert_eq!(samples[2].as_ref().map(Sample::len).ok(), Some(3));
    }

    #[test]
    fn nobody_always_comes_behind_the_same_one() {
        let orders: Vec<Vec<usize>> = (0..30).map(|repetition| order(10, repetition)).collect();
        for who in 0..10 {
            let before = |order: &Vec<usize>| {
                let place = order.iter().position(|&other| other == who)?;
                place.checked_sub(1).map(|place| order[place])
            };
            let mut before: Vec<usize> = orders.iter().filter_map(before).collect();
            before.sort_unstable();
            before.dedup();
            assert!(before.len() >= 5, "{who} came behind {before:?} only");
        }
    }
}
