//! A run as test cases, which is how CI servers think: one suite a variant, one case for whatever was judged.

use super::clean::{clean, line};
use crate::phase::Phase;
use crate::report::view::badge::{Badge, badness};
use crate::report::view::judged::subject;
use crate::report::words;
use crate::result::SAME_RESULT;
use crate::result::model::{
    Against, Change, Comparison, Conclusion, Ended, Judgement, RoundResult, RunResult, VariantResult, Verdict,
};
use crate::scenario::Source;
use crate::step::StepOutcome;
use std::time::Duration;

/// What one variant, or the run as a whole, was judged by.
#[derive(Clone, Debug)]
pub(super) struct Suite {
    /// The variant, or what else is judged.
    pub(super) name: String,
    /// When its first round began, RFC 3339.
    pub(super) started: String,
    /// How long its rounds took together.
    pub(super) took: Duration,
    /// What a reader of the cases should know.
    pub(super) properties: Vec<(&'static str, String)>,
    pub(super) cases: Vec<Case>,
}

/// Something that was judged.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) kind: Kind,
    /// What had to hold.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    /// What was found, and why it means that.
    pub(super) said: String,
    /// How long it took, where it took time of its own.
    pub(super) took: Duration,
    /// Where the scenario asks for it, counted from one.
    pub(super) line: Option<usize>,
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A limit of the scenario.
    Limit,
    /// A statement that must hold at the end.
    Check,
    /// The change itself.
    Migration,
    /// Whether the variants answer alike.
    SameResult,
    /// Whether the variants end alike.
    SameSchema,
    /// Whether the figures can be believed.
    Measurement,
    /// One variant against another.
    Comparison,
    /// The run against earlier ones.
    Baseline,
    /// Whether the run came to its end.
    Run,
}

impl Kind {
    /// Its word, as in a scenario where there is one.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Limit => "thresholds",
            Self::Check => "checks",
            Self::Migration => "migration",
            Self::SameResult => SAME_RESULT,
            Self::SameSchema => "same_schema",
            Self::Measurement => "measurement",
            Self::Comparison => "comparison",
            Self::Baseline => "baseline",
            Self::Run => "run",
        }
    }
}

/// Everything that was judged: a suite for each variant, then what is judged of the run as a whole.
pub(super) fn suites(result: &RunResult) -> Vec<Suite> {
    let source = Source::read(&result.scenario.text);
    let mut suites: Vec<Suite> = result.variants.iter().map(|variant| of_variant(variant, result, &source)).collect();
    suites.extend(of_comparisons(result));
    suites.extend(result.baseline.as_ref().map(|against| of_baseline(against, result)));
    let worst = suites.iter().flat_map(|suite| &suite.cases).map(|case| badness(case.verdict)).max();
    suites.extend(of_run(result, worst.unwrap_or_default(), &source));
    suites
}

fn of_variant(variant: &VariantResult, result: &RunResult, source: &Source<'_>) -> Suite {
    let mut cases = limits(variant, source);
    cases.extend(checks(variant, source));
    cases.extend(migration(variant, source));
    cases.extend(measurement(variant));
    if variant.rounds.is_empty() {
        cases.push(Case::of(Kind::Run, "a round was run", Verdict::NotJudged, &variant.sentence));
    }
    // A variant that must be caught passes by that, whatever else befell it.
    if !variant.fails_by.is_empty() {
        let excused = |case: &&mut Case| matches!(case.kind, Kind::Limit | Kind::Check | Kind::Migration);
        cases.iter_mut().filter(excused).for_each(excuse);
        cases.extend(caught(variant, source));
    }
    let worst = cases.iter().map(|case| badness(case.verdict)).max().unwrap_or_default();
    if badness(variant.verdict) > worst {
        // Judged by something that has no case of its own: it must not pass for that.
        cases.push(Case::of(Kind::Run, "the verdict of the variant", variant.verdict, &variant.sentence));
    }
    Suite {
        name: line(&variant.name),
        started: variant.rounds.first().map_or(&result.started, |round| &round.started).clone(),
        took: variant.rounds.iter().filter_map(|round| round.phases.ended).sum(),
        properties: properties(variant, result),
        cases,
    }
}

fn properties(variant: &VariantResult, result: &RunResult) -> Vec<(&'static str, String)> {
    let sentence = clean(&variant.sentence);
    vec![
        ("scenario", line(&result.scenario.path)),
        ("variant", line(&variant.name)),
        ("verdict", Badge::of_variant(variant).label.to_lowercase()),
        ("story", sentence),
        ("rounds", variant.rounds.len().to_string()),
        ("must be caught by", words::list(&variant.fails_by.iter().map(|each| line(each)).collect::<Vec<_>>())),
        ("server", line(&result.place.server)),
        ("place", line(&result.place.kind)),
        ("scale", result.scale.to_string()),
        ("data", line(&result.seed.fingerprint)),
        ("shakedown", line(&result.shakedown)),
    ]
}

impl Case {
    fn of(kind: Kind, name: &str, verdict: Verdict, said: &str) -> Self {
        Self { kind, name: line(name), verdict, said: clean(said), took: Duration::ZERO, line: None }
    }

    fn at(self, line: Option<usize>) -> Self {
        Self { line, ..self }
    }
}

/// Every limit once, told by its worst round.
fn limits(variant: &VariantResult, source: &Source<'_>) -> Vec<Case> {
    let mut named: Vec<&Judgement> = Vec::new();
    for judgement in judged(variant) {
        if !named.iter().any(|known| is_same(known, judgement)) {
            named.push(judgement);
        }
    }
    named.into_iter().map(|judgement| limit(judgement, variant, source)).collect()
}

/// In each round, then over all of them.
fn judged(variant: &VariantResult) -> impl Iterator<Item = &Judgement> {
    variant.rounds.iter().flat_map(|round| &round.judgements).chain(&variant.judgements)
}

fn is_same(a: &Judgement, b: &Judgement) -> bool {
    (&a.subject, &a.limit) == (&b.subject, &b.limit)
}

fn limit(named: &Judgement, variant: &VariantResult, source: &Source<'_>) -> Case {
    let rounds: Vec<&Judgement> = judged(variant).filter(|each| is_same(each, named)).collect();
    let worst = rounds.iter().rev().max_by_key(|each| badness(each.verdict)).copied().unwrap_or(named);
    let alike = rounds.iter().filter(|each| each.verdict == worst.verdict).count();
    let repeated = (alike < rounds.len()).then(|| format!(", in {alike} of {} rounds", rounds.len()));
    let reason = worst.reason.as_ref().map(|reason| format!(": {reason}"));
    let said = format!("found {}{}{}", worst.found, repeated.unwrap_or_default(), reason.unwrap_or_default());
    let (kind, name) = match named.word.as_str() {
        SAME_RESULT => (Kind::SameResult, "the same answer as the other variants".to_owned()),
        _ => (Kind::Limit, format!("{}: {}", subject(&named.subject), named.limit.replace('_', " "))),
    };
    let line = if kind == Kind::SameResult {
        source.line(&[SAME_RESULT])
    } else {
        // `after p99` stands within `after`.
        let subject = named.subject.to_string();
        source.line(&["thresholds", &subject].into_iter().chain(named.word.split(' ')).collect::<Vec<_>>())
    };
    Case::of(kind, &name, worst.verdict, &said).at(line)
}

fn checks(variant: &VariantResult, source: &Source<'_>) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for check in variant.rounds.iter().flat_map(|round| &round.checks) {
        let (verdict, said) = match check.held {
            true => (Verdict::Pass, "it held".to_owned()),
            false => (Verdict::Fail, format!("it did not hold, the answer was: {}", check.answer)),
        };
        let case = Case::of(Kind::Check, &check.name, verdict, &said).at(source.line(&["checks", &check.name]));
        match cases.iter_mut().find(|known| known.name == case.name) {
            Some(known) if badness(known.verdict) >= badness(case.verdict) => {}
            Some(known) => *known = case,
            None => cases.push(case),
        }
    }
    cases
}

/// The migration as a whole, told by its worst round.
fn migration(variant: &VariantResult, source: &Source<'_>) -> Option<Case> {
    let rounds = variant.rounds.iter().filter(|round| !round.steps.is_empty());
    let told = rounds.map(|round| (migrated(round), round));
    let ((verdict, said), round) = told.rev().max_by_key(|((verdict, _), _)| badness(*verdict))?;
    let took = round.phases.span(Phase::During).map_or(Duration::ZERO, |(from, until)| until.saturating_sub(from));
    let own = source.line(&["variants", &variant.name, "migration"]);
    Some(Case { took, ..Case::of(Kind::Migration, "the migration succeeds", verdict, &said).at(own) })
}

fn migrated(round: &RoundResult) -> (Verdict, String) {
    let ended = round.steps.iter().find_map(|step| {
        let name = words::shorten(&step.name, 120);
        match &step.outcome {
            StepOutcome::Done => None,
            StepOutcome::NotReached => Some((Verdict::NotJudged, format!("`{name}` was not reached"))),
            StepOutcome::Cut => Some((Verdict::Fail, format!("`{name}` did not end"))),
            StepOutcome::Failed { message, .. } => Some((Verdict::Fail, format!("`{name}` failed: {message}"))),
        }
    });
    let steps = words::counted(round.steps.len() as u64, "step", "steps");
    ended.unwrap_or_else(|| (Verdict::Pass, format!("{steps}. {}", round.sentence)))
}

/// Whether the figures can be believed.
fn measurement(variant: &VariantResult) -> Option<Case> {
    let mut reasons: Vec<&str> = Vec::new();
    for reason in variant.rounds.iter().flat_map(|round| &round.health.invalid) {
        if !reasons.contains(&reason.as_str()) {
            reasons.push(reason);
        }
    }
    let (verdict, said) = match reasons.is_empty() {
        true => (Verdict::Pass, "the generator kept up".to_owned()),
        false => (Verdict::Invalid, reasons.join("\n")),
    };
    (!variant.rounds.is_empty()).then(|| Case::of(Kind::Measurement, "the measurement is valid", verdict, &said))
}

/// What fails in a variant that is there to fail is no news.
fn excuse(case: &mut Case) {
    if matches!(case.verdict, Verdict::Fail | Verdict::NotJudged) {
        case.said = format!("{}; this variant has to be caught, so that is no failure", case.said);
        case.verdict = Verdict::Pass;
    }
}

/// What a variant has to be caught by, each a case: it passes where every whole round was.
fn caught(variant: &VariantResult, source: &Source<'_>) -> Vec<Case> {
    let case = |named: &String| {
        let name = format!("caught by {}", named.replace('_', " "));
        let rounds: Vec<&RoundResult> = variant.rounds.iter().filter(|round| !round.cut_short).collect();
        let of = |round: &&RoundResult| {
            let all = round.judgements.iter().chain(&variant.judgements);
            all.into_iter().find(|each| key(each) == *named && each.verdict == Verdict::Fail).cloned()
        };
        let found: Vec<Judgement> = rounds.iter().filter_map(of).collect();
        let (verdict, said) = match (found.first(), rounds.len()) {
            (_, 0) => (Verdict::NotJudged, "no round came to its end".to_owned()),
            (Some(found_first), all) if found.len() == all => {
                (Verdict::Pass, format!("caught, as it had to be: found {}", found_first.found))
            }
            (_, all) => (
                Verdict::Fail,
                format!("caught in {} of {all} rounds only: it is not safe, or the limit is too wide", found.len()),
            ),
        };
        Case::of(Kind::Limit, &name, verdict, &said).at(source.line(&["variants", &variant.name, "fails_by"]))
    };
    variant.fails_by.iter().map(case).collect()
}

/// As a scenario names it under `fails_by`.
fn key(judgement: &Judgement) -> String {
    format!("{} {}", judgement.subject, judgement.word)
}

/// Variants held against each other: they inform, and fail nothing.
fn of_comparisons(result: &RunResult) -> Option<Suite> {
    let case = |each: &Comparison| {
        let verdict = match each.conclusion {
            Conclusion::CannotTell => Verdict::NotJudged,
            Conclusion::Better | Conclusion::Worse | Conclusion::Same => Verdict::Pass,
        };
        let at =
            if each.round_trip.is_zero() { String::new() } else { format!(" at {}", words::length(each.round_trip)) };
        let name = format!("{} {}{at}: {} against {}", each.operation, each.figure, each.variant, each.reference);
        Case::of(Kind::Comparison, &name, verdict, &compared(each))
    };
    let cases: Vec<Case> = result.comparisons.iter().map(case).collect();
    (!cases.is_empty()).then(|| Suite {
        name: "comparison of the variants".to_owned(),
        started: result.started.clone(),
        took: Duration::ZERO,
        properties: result.conclusions.iter().map(|said| ("conclusion", clean(said))).collect(),
        cases,
    })
}

/// The run held against earlier ones: what is worse fails.
fn of_baseline(against: &Against, result: &RunResult) -> Suite {
    let refused: Vec<String> =
        against.refused.iter().map(|each| format!("{}: {} instead of {}", each.what, each.new, each.old)).collect();
    let comparable = match refused.is_empty() {
        true => Case::of(Kind::Baseline, "earlier runs can be compared", Verdict::Pass, "they can"),
        false => Case::of(Kind::Baseline, "earlier runs can be compared", Verdict::Invalid, &refused.join("\n")),
    };
    let cases = std::iter::once(comparable).chain(against.changes.iter().map(changed)).collect();
    let told = against.told.iter().map(|said| ("conclusion", clean(said)));
    let runs = against.runs.iter().map(|run| ("earlier run", line(&run.directory)));
    Suite {
        name: "against earlier runs".to_owned(),
        started: result.started.clone(),
        took: Duration::ZERO,
        properties: told.chain(runs).collect(),
        cases,
    }
}

fn changed(change: &Change) -> Case {
    let (verdict, word) = match change.conclusion {
        Conclusion::Worse => (Verdict::Fail, "worse"),
        Conclusion::Better => (Verdict::Pass, "better"),
        Conclusion::Same => (Verdict::Pass, "the same"),
        Conclusion::CannotTell => (Verdict::NotJudged, "cannot tell"),
    };
    let at =
        if change.round_trip.is_zero() { String::new() } else { format!(" at {}", words::length(change.round_trip)) };
    let name = format!(
        "{}: {} {}{at} is no worse than in earlier runs",
        change.variant,
        subject(&change.subject),
        change.figure
    );
    let least = change.detectable.map_or(String::new(), |least| {
        format!("; a change of less than {} could not have been seen", words::share(least))
    });
    let remark = change.remark.as_ref().map_or(String::new(), |remark| format!(": {remark}"));
    let said = format!("{word}: {} instead of {}{least}{remark}", change.said.1, change.said.0);
    Case::of(Kind::Baseline, &name, verdict, &said)
}

/// `better: ×0.042 of the reference (between ×0.04 and ×0.045 in 8 pairs of rounds)`.
fn compared(each: &Comparison) -> String {
    let word = match each.conclusion {
        Conclusion::Better => "better",
        Conclusion::Worse => "worse",
        Conclusion::Same => "the same",
        Conclusion::CannotTell => "cannot tell",
    };
    let interval = each.interval.map_or(String::new(), |(low, high)| {
        let pairs = words::counted(each.pairs.into(), "pair", "pairs");
        format!(" (between × {low:.3} and × {high:.3}; {pairs} of rounds)")
    });
    let remark = each.remark.as_ref().map_or(String::new(), |remark| format!(": {remark}"));
    format!("{word}, × {:.3} of the reference{interval}{remark}", each.ratio)
}

/// What no variant is judged by alone; `worst` is how bad the worst of the others is.
fn of_run(result: &RunResult, worst: u8, source: &Source<'_>) -> Option<Suite> {
    let ended = match &result.ended {
        Ended::Completed => None,
        Ended::Interrupted => Some("interrupted: this is what was measured until then".to_owned()),
        Ended::Failed(why) => Some(format!("could not be finished: {why}")),
    };
    let ended = ended.map(|why| Case::of(Kind::Run, "the run is complete", Verdict::Invalid, &why));
    let mut cases: Vec<Case> = ended.into_iter().chain(same_schema(result, source)).collect();
    let own = cases.iter().map(|case| badness(case.verdict)).max().unwrap_or_default();
    if badness(result.verdict) > worst.max(own) {
        let why = result.confessions.last().map_or("", String::as_str);
        cases.push(Case::of(Kind::Run, "the verdict of the run", result.verdict, why));
    }
    (!cases.is_empty()).then(|| Suite {
        name: "the whole run".to_owned(),
        started: result.started.clone(),
        took: Duration::ZERO,
        properties: Vec::new(),
        cases,
    })
}

fn same_schema(result: &RunResult, source: &Source<'_>) -> Option<Case> {
    if source.word(&["same_schema"])? != "true" {
        return None;
    }
    let ends = result.variants.iter().filter_map(|variant| {
        let schema = variant.rounds.iter().map(|round| &round.schema).rfind(|schema| !schema.is_empty())?;
        Some((line(&variant.name), schema))
    });
    let ends: Vec<(String, &String)> = ends.collect();
    let (first, schema) = ends.first()?;
    let others: Vec<String> =
        ends.iter().filter(|(_, other)| other != schema).map(|(name, _)| format!("“{name}”")).collect();
    let (verdict, said) = match others.is_empty() {
        true => (Verdict::Pass, "they do".to_owned()),
        false => (Verdict::Fail, format!("{} ended at another schema than “{first}”", words::list(&others))),
    };
    let case = Case::of(Kind::SameSchema, "all variants end at the same schema", verdict, &said);
    Some(case.at(source.line(&["same_schema"])))
}
