//! Whether a round is beyond hope, by what the scenario's `stop_when` says.
//!
//! Fed with what the recorder is fed, as it comes: what waits behind a lock is told by nobody before it ends, but a
//! time without any success is seen by the clocks of all others.

use crate::figures::Account;
use crate::observation::Observation;
use crate::phase::{Phase, Phases};
use crate::result::STOP_WHEN;
use crate::result::model::{Judgement, Verdict};
use crate::sample::{Outcome, Sample};
use crate::scenario::Variant;
use crate::statistics::{Evidence, share_within};
use crate::units::{human, thousands};
use crate::verdict::threshold::{Bound, Figure, Limit, Subject, Threshold};
use std::time::Duration;

/// What is watched of a round.
pub(super) struct Hope {
    watched: Vec<Watched>,
    phases: Phases,
}

/// A limit, and what has become of those it is about since the end of the warm-up.
struct Watched {
    subject: Subject,
    limit: Limit,
    /// By place.
    operations: Vec<u16>,
    account: Account,
    last_success: Duration,
}

impl Hope {
    pub(super) fn new(limits: &[Threshold], variant: &Variant) -> Self {
        let places = |subject: &Subject| -> Vec<u16> {
            let is_meant = |name: &str| match subject {
                Subject::Operation(own) => own == name,
                _ => true,
            };
            let traffic = (0..).zip(&variant.operations).filter(|(_, operation)| operation.is_traffic());
            traffic.filter(|(_, operation)| is_meant(&operation.name)).map(|(place, _)| place).collect()
        };
        let watched = |threshold: &Threshold| {
            let (subject, operations) = (threshold.subject.clone(), places(&threshold.subject));
            let watched = move |limit: &Limit| Watched {
                subject: subject.clone(),
                limit: limit.clone(),
                operations: operations.clone(),
                account: Account::default(),
                last_success: Duration::ZERO,
            };
            threshold.limits.iter().map(watched).collect::<Vec<_>>()
        };
        let watched = limits.iter().flat_map(watched).filter(|watched| !watched.operations.is_empty());
        Self { watched: watched.collect(), phases: Phases::default() }
    }

    /// Sees one more observation; why the round is beyond hope, once it is.
    pub(super) fn see(&mut self, observation: &Observation) -> Option<Judgement> {
        if self.watched.is_empty() {
            return None;
        }
        let now = match observation {
            Observation::Phase(phase, at) => {
                self.phases.began.push((*phase, *at));
                return None;
            }
            Observation::Samples(samples) => {
                for sample in samples {
                    self.sample(sample);
                }
                return self.watched.iter().find_map(Watched::beyond_errors);
            }
            Observation::Tick(tick) => tick.at,
            Observation::Health(health) => health.at,
            _ => return None,
        };
        let judged = self.phases.began.iter().find(|(phase, _)| *phase != Phase::Warmup);
        let (_, since) = *judged?;
        self.watched.iter().find_map(|watched| watched.stalled(since, now))
    }

    fn sample(&mut self, sample: &Sample) {
        let is_judged = self.phases.of(sample.due, sample.finished).is_some_and(|phase| phase != Phase::Warmup);
        for watched in self.watched.iter_mut().filter(|watched| watched.operations.contains(&sample.operation)) {
            if sample.outcome == Outcome::Succeeded {
                watched.last_success = watched.last_success.max(sample.finished);
            }
            if is_judged {
                watched.account.add(sample);
            }
        }
    }
}

impl Watched {
    fn beyond_errors(&self) -> Option<Judgement> {
        let Figure::Errors(_) = self.limit.figure else { return None };
        let (bad, count) = (self.account.errors(), self.account.scheduled);
        let beyond = match self.limit.bound {
            Bound::Count(most) => bad > most,
            Bound::Share(most) => share_within(bad, count, most) == Evidence::Beyond,
            _ => false,
        };
        beyond.then(|| self.judgement(format!("{} of {}", thousands(bad), thousands(count))))
    }

    fn stalled(&self, since: Duration, now: Duration) -> Option<Judgement> {
        let (Figure::LongestStall, Bound::Time(most)) = (&self.limit.figure, &self.limit.bound) else { return None };
        let silence = now.saturating_sub(self.last_success.max(since));
        (silence > *most).then(|| self.judgement(human(silence)))
    }

    fn judgement(&self, found: String) -> Judgement {
        Judgement {
            subject: self.subject.clone(),
            limit: self.limit.in_words(),
            word: STOP_WHEN.to_owned(),
            found,
            verdict: Verdict::Fail,
            reason: Some("`stop_when` ended the round here, and all that follows is not known".to_owned()),
            margin: None,
            anchor: "operations".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Health;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn hope(figure: Figure, bound: Bound) -> Hope {
        let watched = Watched {
            subject: Subject::Operation("page".to_owned()),
            limit: Limit::new(figure, bound),
            operations: vec![0],
            account: Account::default(),
            last_success: Duration::ZERO,
        };
        let mut hope = Hope { watched: vec![watched], phases: Phases::default() };
        hope.see(&Observation::Phase(Phase::Warmup, Duration::ZERO));
        hope.see(&Observation::Phase(Phase::Measure, seconds(5.0)));
        hope
    }

    fn ended(operation: u16, at: f64, outcome: Outcome) -> Observation {
        let at = seconds(at);
        let sample = Sample {
            operation,
            due: at,
            queued: at,
            connected: at,
            finished: at,
            outcome,
            retries: 0,
            statements: 1,
            rows: 1,
        };
        Observation::Samples(vec![sample])
    }

    #[test]
    fn a_silence_that_lasts_is_beyond_hope_whoever_else_is_answered() {
        let mut hope = hope(Figure::LongestStall, Bound::Time(seconds(3.0)));
        let mut look = |at: f64| hope.see(&Observation::Health(Health { at: seconds(at), ..Health::default() }));
        assert!(look(7.9).is_none(), "the warm-up does not count");
        assert!(hope.see(&ended(0, 8.0, Outcome::Succeeded)).is_none());
        assert!(hope.see(&ended(1, 10.0, Outcome::Succeeded)).is_none());
        let mut look = |at: f64| hope.see(&Observation::Health(Health { at: seconds(at), ..Health::default() }));
        assert!(look(11.0).is_none());
        let found = look(11.5).expect("3.5 s without an answer");
        assert_eq!((found.limit.as_str(), found.found.as_str()), ("longest stall ≤ 3 s", "3.5 s"));
        assert_eq!(found.verdict, Verdict::Fail);
    }

    #[test]
    fn errors_are_beyond_hope_once_chance_is_ruled_out() {
        let failed = || Outcome::Failed(crate::failure::Failure::PoolTimeout);
        for (bound, needed) in [(Bound::Count(2), 3), (Bound::Share(0.5), 5)] {
            let mut hope = hope(Figure::Errors(None), bound.clone());
            assert!(hope.see(&ended(0, 1.0, failed())).is_none(), "the warm-up does not count");
            let beyond = (1..100).find(|_| hope.see(&ended(0, 6.0, failed())).is_some());
            assert_eq!(beyond, Some(needed), "{bound:?}");
        }
    }
}
