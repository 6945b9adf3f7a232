//! From judgements to one verdict.

use super::judgement::{Judgement, Verdict};
use super::threshold::Subject;
use crate::figures::CheckOutcome;
use crate::step::{StepFacts, StepOutcome};

impl Verdict {
    /// The graver of both: fail, invalid, not judged, pass.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let gravity = |verdict| match verdict {
            Self::Pass => 0,
            Self::NotJudged => 1,
            Self::Invalid => 2,
            Self::Fail => 3,
        };
        if gravity(other) > gravity(self) { other } else { self }
    }

    /// The gravest of all; pass where there is nothing to judge.
    #[must_use]
    pub fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Pass, Self::and)
    }
}

/// The verdict of a round, `fails_by` not considered. A failed migration or check fails it whatever was measured;
/// a migration that never failed but was not reached either, as the round was ended before, was not judged.
#[must_use]
pub fn of_round(judgements: &[Judgement], steps: &[StepFacts], checks: &[CheckOutcome], invalid: &[String]) -> Verdict {
    let fails = |bad: bool| if bad { Verdict::Fail } else { Verdict::Pass };
    let migration = Verdict::all(steps.iter().map(|facts| match facts.outcome {
        StepOutcome::Done => Verdict::Pass,
        StepOutcome::NotReached => Verdict::NotJudged,
        StepOutcome::Failed { .. } | StepOutcome::Cut => Verdict::Fail,
    }));
    let checks = fails(checks.iter().any(|check| !check.held));
    let generator = if invalid.is_empty() { Verdict::Pass } else { Verdict::Invalid };
    let limits = Verdict::all(judgements.iter().map(|judgement| judgement.verdict));
    migration.and(checks).and(generator).and(limits)
}

/// Whether a round was caught by all that it must be caught by: subjects and limits' words, or checks.
#[must_use]
pub fn is_caught(judgements: &[Judgement], checks: &[CheckOutcome], fails_by: &[(Subject, String)]) -> bool {
    fails_by.iter().all(|(subject, word)| match subject {
        Subject::Check(name) => checks.iter().any(|check| check.name == *name && !check.held),
        subject => {
            let named = judgements.iter().filter(|judgement| judgement.subject == *subject && judgement.word == *word);
            named.into_iter().any(|judgement| judgement.verdict == Verdict::Fail)
        }
    })
}

/// A round, as far as its variant is judged by it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Its limits with what was found.
    pub judgements: &'a [Judgement],
    /// Its checks with what they gave.
    pub checks: &'a [CheckOutcome],
    /// Its own verdict, `fails_by` not considered.
    pub verdict: Verdict,
    /// Why it is invalid; empty where it is not.
    pub invalid: &'a [String],
    /// Whether it ended before its time.
    pub cut_short: bool,
}

/// The verdict of a variant over its rounds, and by what is judged over all of them. One that must be caught passes
/// where every round was, or all of them together, and is as invalid as its rounds are. A round that ended before its time says nothing of it either way: what would have caught it may
/// not have come yet, and what did may be the end of the server.
#[must_use]
pub fn of_variant<'a>(
    rounds: impl IntoIterator<Item = Judged<'a>>,
    over_all: &[Judgement],
    fails_by: &[(Subject, String)],
) -> Verdict {
    let rounds = Verdict::all(rounds.into_iter().map(|round| match fails_by {
        [] => round.verdict,
        _ if round.cut_short => Verdict::NotJudged,
        _ if !is_caught(&[round.judgements, over_all].concat(), round.checks, fails_by) => Verdict::Fail,
        _ if !round.invalid.is_empty() => Verdict::Invalid,
        _ => Verdict::Pass,
    }));
    match fails_by {
        [] => rounds.and(Verdict::all(over_all.iter().map(|judgement| judgement.verdict))),
        _ => rounds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(subject: &str, word: &str, verdict: Verdict) -> Judgement {
        Judgement {
            subject: Subject::Operation(subject.to_owned()),
            limit: String::new(),
            word: word.to_owned(),
            found: String::new(),
            verdict,
            reason: None,
            margin: None,
            anchor: String::new(),
        }
    }

    #[test]
    fn the_gravest_finding_is_the_verdict() {
        use Verdict::{Fail, Invalid, NotJudged, Pass};
        for (verdicts, expected) in [
            (&[][..], Pass),
            (&[Pass, NotJudged], NotJudged),
            (&[NotJudged, Invalid, Pass], Invalid),
            (&[Invalid, Fail, Invalid], Fail),
        ] {
            assert_eq!(Verdict::all(verdicts.iter().copied()), expected, "{verdicts:?}");
        }
    }

    #[test]
    fn without_limits_only_a_failed_migration_check_or_generator_matters() {
        let failed = StepOutcome::Failed { class: None, message: "no".to_owned() };
        let step = |outcome| vec![StepFacts { outcome, ..StepFacts::default() }];
        let check = |held| vec![CheckOutcome { name: String::new(), held, answer: String::new() }];
        let late = vec!["late".to_owned()];
        for (steps, checks, invalid, expected) in [
            (step(StepOutcome::Done), check(true), vec![], Verdict::Pass),
            (step(StepOutcome::Done), check(false), vec![], Verdict::Fail),
            (step(failed), check(true), vec![], Verdict::Fail),
            (step(StepOutcome::Cut), vec![], vec![], Verdict::Fail),
            (step(StepOutcome::NotReached), vec![], vec![], Verdict::NotJudged),
            (step(StepOutcome::Done), vec![], late.clone(), Verdict::Invalid),
            (step(StepOutcome::Done), check(false), late, Verdict::Fail),
            (vec![], vec![], vec![], Verdict::Pass),
        ] {
            assert_eq!(of_round(&[], &steps, &checks, &invalid), expected);
        }
    }

    #[test]
    fn a_variant_that_must_be_caught_passes_by_being_caught_in_every_round() {
        let fails_by = [(Subject::Operation("page".to_owned()), "longest_stall".to_owned())];
        let caught = [judgement("page", "p99", Verdict::Pass), judgement("page", "longest_stall", Verdict::Fail)];
        let other = [judgement("page", "p99", Verdict::Fail), judgement("page", "longest_stall", Verdict::Pass)];
        let unsure = [judgement("page", "longest_stall", Verdict::NotJudged)];
        let late = ["late".to_owned()];
        let round =
            |judgements| Judged { judgements, checks: &[], verdict: Verdict::Fail, invalid: &[], cut_short: false };
        for (rounds, expected) in [
            (vec![round(&caught[..])], Verdict::Pass),
            (vec![round(&caught[..]), round(&other[..])], Verdict::Fail),
            (vec![round(&unsure[..])], Verdict::Fail),
            (vec![Judged { invalid: &late, ..round(&caught[..]) }], Verdict::Invalid),
            (vec![Judged { cut_short: true, ..round(&other[..]) }], Verdict::NotJudged),
            (vec![Judged { cut_short: true, ..round(&caught[..]) }], Verdict::NotJudged),
            (vec![round(&caught[..]), Judged { cut_short: true, ..round(&other[..]) }], Verdict::NotJudged),
            (vec![round(&other[..]), Judged { cut_short: true, ..round(&caught[..]) }], Verdict::Fail),
        ] {
            assert_eq!(of_variant(rounds, &[], &fails_by), expected);
        }
        assert_eq!(of_variant([round(&other[..])], &[], &[]), Verdict::Fail);
    }

    #[test]
    fn a_check_that_must_not_hold_catches_by_not_holding() {
        let fails_by = [(Subject::Check("valid".to_owned()), "check".to_owned())];
        let check = |name: &str, held| CheckOutcome { name: name.to_owned(), held, answer: String::new() };
        for (checks, caught) in [
            (vec![check("valid", false)], true),
            (vec![check("valid", true)], false),
            (vec![check("other", false), check("valid", true)], false),
            (vec![], false),
        ] {
            assert_eq!(is_caught(&[], &checks, &fails_by), caught, "{checks:?}");
        }
    }
}
