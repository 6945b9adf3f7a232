//! Each limit held against what was found.

use super::judgement::{Judgement, Verdict};
use super::threshold::{Amount, Limit, Subject, Threshold};
use super::{Measured, Traffic};
use crate::failure::Failure;
use crate::figures::Account;
use crate::phase::Phase;
use crate::statistics::{Evidence, share_within};
use crate::step::{StepFacts, StepOutcome};
use crate::units::{human, thousands};
use crate::wait::Cause;
use std::time::Duration;

/// The name under which a whole migration is judged.
const MIGRATION: &str = "migration";

/// Judges every limit, in the order of the scenario; those on what this variant does not have are left out.
#[must_use]
pub fn judge(thresholds: &[Threshold], measured: &Measured<'_>) -> Vec<Judgement> {
    let limits = thresholds.iter().flat_map(|each| each.limits.iter().map(|limit| (&each.subject, limit)));
    limits.filter_map(|(subject, limit)| judged(subject, limit, measured)).collect()
}

/// What was found of a limit.
struct Finding {
    found: String,
    verdict: Verdict,
    reason: Option<String>,
}

impl Finding {
    fn new(found: String, verdict: Verdict) -> Self {
        Self { found, verdict, reason: None }
    }

    fn nothing(reason: &str) -> Self {
        Self { found: "nothing".to_owned(), verdict: Verdict::NotJudged, reason: Some(reason.to_owned()) }
    }
}

fn judged(subject: &Subject, limit: &Limit, measured: &Measured<'_>) -> Option<Judgement> {
    let Finding { found, verdict, reason } = match subject {
        Subject::Operation(name) => {
            let traffic = measured.operations.iter().find(|traffic| traffic.name == name);
            of_traffic(limit, traffic?, &[name], measured)
        }
        Subject::AllTraffic => {
            let names: Vec<&str> = measured.operations.iter().map(|traffic| traffic.name).collect();
            of_traffic(limit, &measured.all_traffic, &names, measured)
        }
        Subject::Gauge(name) => {
            let gauge = measured.gauges.iter().find(|(each, _)| each == name);
            let (_, figures) = gauge?;
            of_gauge(limit, figures.min, figures.max)
        }
        Subject::Step(name) => {
            let named = measured.steps.iter().filter(|facts| name == MIGRATION || facts.name == *name);
            let steps: Vec<&StepFacts> = named.collect();
            (!steps.is_empty()).then(|| of_step(limit, &steps, measured))?
        }
    };
    Some(Judgement { subject: subject.clone(), limit: in_words(limit), word: limit.word(), found, verdict, reason })
}

fn of_traffic(limit: &Limit, traffic: &Traffic<'_>, names: &[&str], measured: &Measured<'_>) -> Finding {
    let Some(impact) = traffic.impact else { return Finding::nothing("the round ended before anything was judged") };
    let counted = counted(traffic);
    match limit {
        Limit::Percentile { percent, most } => percentile(*percent, *most, traffic),
        Limit::Max(most) if impact.account.scheduled > 0 => at_most(impact.max, *most),
        Limit::LongestStall(most) if impact.account.scheduled > 0 => at_most(impact.longest_stall, *most),
        Limit::Max(_) | Limit::LongestStall(_) => Finding::nothing("nothing was due"),
        Limit::Errors { class, most } => amount(errors(&counted, *class), counted.scheduled, *most),
        Limit::Retries(most) => amount(counted.retries, counted.scheduled, *most),
        Limit::Statements(most) => statements(*most, traffic, &impact.account),
        Limit::Blocked { by, most } => at_most(blocked(names, by.as_deref(), measured), *most),
        Limit::GaugeMax(_) | Limit::GaugeMin(_) | Limit::Duration(_) => Finding::nothing("not a limit for traffic"),
    }
}

/// Few can prove a failure; a pass needs enough of them, and holds only if those cut may have been slow as well.
fn percentile(percent: f64, most: Duration, traffic: &Traffic<'_>) -> Finding {
    let count = traffic.response.count();
    if count == 0 {
        return Finding::nothing("nothing was due");
    }
    let share = 1.0 - percent / 100.0;
    let beyond = traffic.response.beyond(most);
    let cut = traffic.impact.map_or(0, |impact| impact.account.cut);
    let found = human(traffic.response.quantile(percent / 100.0));
    let pessimistic = share_within((beyond + cut).min(count), count, share);
    match (share_within(beyond, count, share), pessimistic) {
        (_, Evidence::Within) => Finding::new(found, Verdict::Pass),
        (Evidence::Beyond, _) => Finding::new(found, Verdict::Fail),
        (Evidence::Within, _) => Finding {
            found: format!("≥ {found}"),
            verdict: Verdict::NotJudged,
            reason: Some(format!("{} were still running when time was up", thousands(cut))),
        },
        (Evidence::TooFew, _) => Finding { found, verdict: Verdict::NotJudged, reason: Some(too_few(count, share)) },
    }
}

fn too_few(count: u64, share: f64) -> String {
    let needed = crate::statistics::needed(share);
    format!("{} observations are too few, a pass needs {}", thousands(count), thousands(needed))
}

fn at_most(found: Duration, most: Duration) -> Finding {
    Finding::new(human(found), if found > most { Verdict::Fail } else { Verdict::Pass })
}

fn amount(bad: u64, count: u64, most: Amount) -> Finding {
    let verdict = |within| if within { Verdict::Pass } else { Verdict::Fail };
    match most {
        Amount::Count(most) => Finding::new(thousands(bad), verdict(bad <= most)),
        Amount::Share(_) if count == 0 => Finding::nothing("nothing was due"),
        Amount::Share(most) => {
            let found = format!("{} ({} of {})", percent(bad as f64 / count as f64), thousands(bad), thousands(count));
            match share_within(bad, count, most) {
                Evidence::Within => Finding::new(found, Verdict::Pass),
                Evidence::Beyond => Finding::new(found, Verdict::Fail),
                Evidence::TooFew => Finding { found, verdict: Verdict::NotJudged, reason: Some(too_few(count, most)) },
            }
        }
    }
}

/// As counted alone. Where that could not be, our own clients know what they sent under load, if not for whom: failures
/// and retries make their mean too large. What an application sends under load nobody knows.
fn statements(most: u64, traffic: &Traffic<'_>, account: &Account) -> Finding {
    let alone = traffic.cost.filter(|cost| cost.executions > 0 && cost.statements > 0.0);
    if let Some(cost) = alone {
        return at_most_statements(cost.statements, most);
    }
    if account.succeeded == 0 || account.statements == 0 {
        let unmeasured = traffic.cost.and_then(|cost| cost.unmeasured.as_deref());
        return Finding::nothing(unmeasured.unwrap_or("it was not measured alone, and no client counted any"));
    }
    let finding = at_most_statements(account.statements as f64 / account.succeeded as f64, most);
    if account.errors() + account.cut + account.retries == 0 {
        return finding;
    }
    let found = format!("≤ {}", finding.found);
    match finding.verdict {
        Verdict::Pass => Finding { found, ..finding },
        _ => Finding {
            found,
            verdict: Verdict::NotJudged,
            reason: Some("statements of failed and repeated tries are among them".to_owned()),
        },
    }
}

fn at_most_statements(mean: f64, most: u64) -> Finding {
    // A mean over several statements that are means themselves is off by its last binary digits.
    let mean = (mean * 1e3).round() / 1e3;
    let count = if mean.fract() == 0.0 { thousands(mean as u64) } else { number(mean) };
    let noun = if count == "1" { "statement" } else { "statements" };
    Finding::new(format!("{count} {noun}"), if mean > most as f64 { Verdict::Fail } else { Verdict::Pass })
}

/// All that was due from the end of the warm-up on.
fn counted(traffic: &Traffic<'_>) -> Account {
    let mut all = Account::default();
    let phases = traffic.phases.iter().filter(|figures| figures.phase != Some(Phase::Warmup));
    phases.for_each(|figures| all.merge(&figures.account));
    all
}

fn errors(account: &Account, class: Option<Failure>) -> u64 {
    match class {
        None => account.errors(),
        Some(failure) => account.failed.get(failure.name().as_ref()).copied().unwrap_or(0),
    }
}

/// How long those waited for locks, behind whom; warm-up left out.
fn blocked(waiters: &[&str], by: Option<&str>, measured: &Measured<'_>) -> Duration {
    let groups = measured.waits.iter().filter(|group| group.phase != Phase::Warmup);
    let caused = groups.filter(|group| by.is_none_or(|name| is_by(&group.cause, name, measured)));
    let waits = caused.flat_map(|group| &group.waiters).filter(|(name, ..)| waiters.contains(&name.as_str()));
    Duration::from_secs_f64(waits.map(|(.., ms)| ms).sum::<f64>().max(0.0) / 1e3)
}

fn is_by(cause: &Cause, name: &str, measured: &Measured<'_>) -> bool {
    let is_step = |step: u16| measured.steps.get(usize::from(step)).is_some_and(|facts| facts.name == name);
    match cause {
        Cause::Job { operation } => {
            measured.operations.get(usize::from(*operation)).is_some_and(|each| each.name == name)
        }
        cause => cause.step().is_some_and(|step| name == MIGRATION || is_step(step)),
    }
}

fn of_gauge(limit: &Limit, min: Option<f64>, max: Option<f64>) -> Finding {
    let (found, within) = match (limit, min, max) {
        (Limit::GaugeMax(most), _, Some(max)) => (max, max <= *most),
        (Limit::GaugeMin(least), Some(min), _) => (min, min >= *least),
        _ => return Finding::nothing("it gave no number"),
    };
    Finding::new(number(found), if within { Verdict::Pass } else { Verdict::Fail })
}

fn of_step(limit: &Limit, steps: &[&StepFacts], measured: &Measured<'_>) -> Finding {
    let names: Vec<&str> = steps.iter().map(|facts| facts.name.as_str()).collect();
    match limit {
        Limit::Duration(most) => took(steps, *most),
        Limit::Blocked { by, most } => at_most(blocked(&names, by.as_deref(), measured), *most),
        Limit::Retries(most) => {
            let attempts: u64 = steps.iter().map(|facts| u64::from(facts.attempts)).sum();
            let retries = steps.iter().map(|facts| u64::from(facts.attempts.saturating_sub(1))).sum();
            amount(retries, attempts, *most)
        }
        _ => Finding::nothing("not a limit for a step"),
    }
}

/// From the start of the first to the end of the last.
fn took(steps: &[&StepFacts], most: Duration) -> Finding {
    let started = steps.iter().filter_map(|facts| facts.started).min();
    let ended = steps.iter().filter_map(|facts| facts.ended).max();
    let (Some(started), Some(ended)) = (started, ended) else { return Finding::nothing("it was not reached") };
    let finding = at_most(ended.saturating_sub(started), most);
    let done = steps.iter().all(|facts| facts.outcome == StepOutcome::Done);
    match finding.verdict {
        Verdict::Pass if !done => {
            Finding { verdict: Verdict::NotJudged, reason: Some("it did not end as it should".to_owned()), ..finding }
        }
        _ => finding,
    }
}

/// The limit as a reader would say it.
fn in_words(limit: &Limit) -> String {
    match limit {
        Limit::Percentile { most, .. } | Limit::Max(most) | Limit::LongestStall(most) | Limit::Duration(most) => {
            format!("{} ≤ {}", limit.word().replace('_', " "), human(*most))
        }
        Limit::Errors { class: None, most } => format!("errors ≤ {}", amount_in_words(*most)),
        Limit::Errors { class: Some(class), most } => {
            format!("{} ≤ {}", class.name().replace('_', " "), amount_in_words(*most))
        }
        Limit::Retries(most) => format!("retries ≤ {}", amount_in_words(*most)),
        Limit::Statements(most) => format!("statements ≤ {}", thousands(*most)),
        Limit::Blocked { by: None, most } => format!("blocked ≤ {}", human(*most)),
        Limit::Blocked { by: Some(name), most } => format!("blocked by {name} ≤ {}", human(*most)),
        Limit::GaugeMax(most) => format!("max ≤ {}", number(*most)),
        Limit::GaugeMin(least) => format!("min ≥ {}", number(*least)),
    }
}

fn amount_in_words(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => thousands(count),
        Amount::Share(share) => percent(share),
    }
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// Three decimals at most, none that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::OperationCost;
    use crate::figures::{GaugeFigures, ImpactFigures, PhaseFigures, WaitGroup};
    use crate::latency::Latencies;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A round with one operation, of which so many took 10 ms and so many 100 ms.
    struct Round {
        response: Latencies,
        impact: ImpactFigures,
        phases: Vec<PhaseFigures>,
        steps: Vec<StepFacts>,
        waits: Vec<WaitGroup>,
        gauge: GaugeFigures,
        cost: OperationCost,
    }

    fn round(fast: u32, slow: u32) -> Round {
        let mut response = Latencies::coarse();
        response.record_many(10_000, fast);
        response.record_many(100_000, slow);
        let account = Account { scheduled: u64::from(fast + slow), ..Account::default() };
        let impact = ImpactFigures { account, max: ms(100), longest_stall: ms(40), ..ImpactFigures::default() };
        let (gauge, cost) = (GaugeFigures::default(), OperationCost::default());
        Round { response, impact, phases: vec![], steps: vec![], waits: vec![], gauge, cost }
    }

    impl Round {
        fn judge(&self, subject: Subject, limit: Limit) -> Vec<Judgement> {
            let traffic = |name| Traffic {
                name,
                is_traffic: true,
                phases: &self.phases,
                impact: Some(&self.impact),
                response: &self.response,
                cost: Some(&self.cost),
            };
            let measured = Measured {
                operations: vec![traffic("page")],
                all_traffic: traffic("all traffic"),
                gauges: vec![("age", &self.gauge)],
                steps: &self.steps,
                waits: &self.waits,
            };
            judge(&[Threshold { subject, limits: vec![limit] }], &measured)
        }

        fn verdict(&self, limit: Limit) -> Verdict {
            self.judge(Subject::Operation("page".to_owned()), limit)[0].verdict
        }
    }

    #[test]
    fn a_percentile_is_judged_by_what_the_sample_can_carry() {
        use Verdict::{Fail, NotJudged, Pass};
        for (what, fast, slow, percent, most, expected) in [
            ("many, and well within", 1000, 5, 99.0, 50, Pass),
            ("many, and beyond", 1000, 20, 99.0, 50, Fail),
            ("300 clean ones", 299, 0, 99.0, 50, Pass),
            ("fewer, though clean", 200, 0, 99.0, 50, NotJudged),
            ("few, but plainly beyond", 10, 5, 99.0, 50, Fail),
            ("few, one beyond, as chance has it", 20, 1, 99.0, 50, NotJudged),
            ("a median needs five", 5, 0, 50.0, 50, Pass),
            ("a p95 needs 59", 59, 0, 95.0, 50, Pass),
            ("nothing", 0, 0, 99.0, 50, NotJudged),
        ] {
            let limit = Limit::Percentile { percent, most: ms(most) };
            assert_eq!(round(fast, slow).verdict(limit), expected, "{what}");
        }
    }

    #[test]
    fn what_was_cut_may_have_been_slow() {
        let mut round = round(1000, 0);
        round.impact.account.cut = 5;
        let limit = || Limit::Percentile { percent: 99.0, most: ms(50) };
        assert_eq!(round.verdict(limit()), Verdict::Pass, "five of a thousand do not matter");
        round.impact.account.cut = 50;
        let judgement = &round.judge(Subject::AllTraffic, limit())[0];
        assert_eq!(judgement.verdict, Verdict::NotJudged);
        assert_eq!((judgement.limit.as_str(), judgement.found.as_str()), ("p99 ≤ 50 ms", "≥ 10 ms"));
        assert_eq!(judgement.reason.as_deref(), Some("50 were still running when time was up"));
    }

    #[test]
    fn errors_count_from_the_end_of_the_warm_up_on() {
        let phase = |phase, class: &str, count| PhaseFigures {
            phase: Some(phase),
            account: Account {
                scheduled: 5000,
                succeeded: 5000 - count,
                failed: [(class.to_owned(), count)].into(),
                ..Account::default()
            },
            ..PhaseFigures::default()
        };
        let mut round = round(1, 0);
        round.phases = vec![
            phase(Phase::Warmup, "deadlock_detected", 900),
            phase(Phase::Before, "deadlock_detected", 1),
            phase(Phase::During, "pool_timeout", 9),
        ];
        let deadlock = Failure::named("deadlock_detected");
        for (class, most, expected, found) in [
            (None, Amount::Count(10), Verdict::Pass, "10"),
            (None, Amount::Count(9), Verdict::Fail, "10"),
            (deadlock, Amount::Count(0), Verdict::Fail, "1"),
            (Failure::named("undefined_column"), Amount::Count(0), Verdict::Pass, "0"),
            (None, Amount::Share(0.001), Verdict::Pass, "0.1 % (10 of 10,000)"),
            (None, Amount::Share(0.0009), Verdict::Fail, "0.1 % (10 of 10,000)"),
            (None, Amount::Share(0.0), Verdict::Fail, "0.1 % (10 of 10,000)"),
        ] {
            let judgement = &round.judge(Subject::AllTraffic, Limit::Errors { class, most })[0];
            assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{}", judgement.limit);
        }
    }

    #[test]
    fn statements_are_those_of_one_execution_alone_or_of_clean_ones_under_load() {
        let cost = |executions, statements| OperationCost { executions, statements, ..OperationCost::default() };
        let refused = || OperationCost { unmeasured: Some("it copies rows".to_owned()), ..cost(0, 0.0) };
        let account =
            |succeeded, statements| Account { scheduled: succeeded, succeeded, statements, ..Account::default() };
        let repeated = |statements| Account { retries: 3, ..account(100, statements) };
        let cut = |statements| Account { scheduled: 101, cut: 1, ..account(100, statements) };
        for (what, cost, account, expected, found) in [
            ("alone", cost(5, 1201.0), account(100, 100), Verdict::Fail, "1,201 statements"),
            ("alone, few", cost(5, 2.0), account(100, 120_100), Verdict::Pass, "2 statements"),
            ("one", cost(5, 1.0), account(0, 0), Verdict::Pass, "1 statement"),
            ("a mean", cost(5, 10.2), account(100, 100), Verdict::Fail, "10.2 statements"),
            ("a mean off by rounding", cost(3, 10.000_000_000_000_002), account(9, 9), Verdict::Pass, "10 statements"),
            ("refused alone", refused(), account(100, 300), Verdict::Pass, "3 statements"),
            ("refused alone, many", refused(), account(100, 6100), Verdict::Fail, "61 statements"),
            ("refused alone, and repeated", refused(), repeated(330), Verdict::Pass, "≤ 3.3 statements"),
            ("refused alone, many or repeated", refused(), repeated(1100), Verdict::NotJudged, "≤ 11 statements"),
            ("refused alone, many or cut", refused(), cut(1100), Verdict::NotJudged, "≤ 11 statements"),
            ("an application's, not counted", cost(5, 0.0), account(100, 0), Verdict::NotJudged, "nothing"),
            ("nothing known", refused(), account(0, 0), Verdict::NotJudged, "nothing"),
        ] {
            let mut round = round(1, 0);
            (round.cost, round.impact.account) = (cost, account);
            let judgement = &round.judge(Subject::Operation("page".to_owned()), Limit::Statements(10))[0];
            assert_eq!((judgement.verdict, judgement.found.as_str()), (expected, found), "{what}");
            assert_eq!((judgement.limit.as_str(), judgement.word.as_str()), ("statements ≤ 10", "statements"));
            assert_eq!(judgement.reason.is_some(), expected == Verdict::NotJudged, "{what}");
        }
        let mut round = round(1, 0);
        round.cost = refused();
        let judgement = &round.judge(Subject::Operation("page".to_owned()), Limit::Statements(10))[0];
        assert_eq!(judgement.reason.as_deref(), Some("it copies rows"));
    }

    #[test]
    fn blocked_time_is_summed_by_whoever_caused_it() {
        let group = |cause, phase, waiter: &str, total_ms| WaitGroup {
            cause,
            object: "accounts".to_owned(),
            mode: "ROW SHARE".to_owned(),
            phase,
            waiters: vec![(waiter.to_owned(), 1, total_ms)],
            count: 1,
            total_ms,
            longest: Duration::ZERO,
            chain: Vec::new(),
        };
        let mut round = round(1, 0);
        round.steps =
            ["first", "second"].map(|name| StepFacts { name: name.to_owned(), ..StepFacts::default() }).into();
        round.waits = vec![
            group(Cause::Held { step: 0 }, Phase::During, "page", 100.0),
            group(Cause::Indirect { step: 1 }, Phase::During, "page", 20.0),
            group(Cause::Traffic, Phase::Before, "page", 3.0),
            group(Cause::Traffic, Phase::Warmup, "page", 500.0),
            group(Cause::Traffic, Phase::During, "second", 7.0),
        ];
        for (by, expected) in [
            (None, "123 ms"),
            (Some("first"), "100 ms"),
            (Some("second"), "20 ms"),
            (Some("migration"), "120 ms"),
            (Some("another"), "0 s"),
        ] {
            let limit = Limit::Blocked { by: by.map(str::to_owned), most: ms(50) };
            assert_eq!(round.judge(Subject::AllTraffic, limit)[0].found, expected, "{by:?}");
        }
        let limit = Limit::Blocked { by: None, most: ms(5) };
        let judgement = &round.judge(Subject::Step("second".to_owned()), limit)[0];
        assert_eq!((judgement.found.as_str(), judgement.verdict), ("7 ms", Verdict::Fail));
    }

    #[test]
    fn a_step_is_judged_once_it_has_ended_as_it_should() {
        let facts = |name: &str, started, ended, outcome| StepFacts {
            name: name.to_owned(),
            started: Some(ms(started)),
            ended: Some(ms(ended)),
            outcome,
            ..StepFacts::default()
        };
        let mut round = round(1, 0);
        round.steps = vec![facts("a", 0, 100, StepOutcome::Done), facts("b", 150, 400, StepOutcome::Cut)];
        round.steps.push(StepFacts { name: "c".to_owned(), ..StepFacts::default() });
        for (name, most, expected) in [
            ("a", 100, Verdict::Pass),
            ("a", 99, Verdict::Fail),
            ("b", 300, Verdict::NotJudged),
            ("b", 200, Verdict::Fail),
            ("c", 100, Verdict::NotJudged),
            ("migration", 300, Verdict::Fail),
        ] {
            let found = round.judge(Subject::Step(name.to_owned()), Limit::Duration(ms(most)));
            assert_eq!(found[0].verdict, expected, "{name} within {most} ms");
        }
        assert!(round.judge(Subject::Step("elsewhere".to_owned()), Limit::Duration(ms(1))).is_empty());
    }

    #[test]
    fn the_rest_is_held_against_what_was_found() {
        let mut round = round(10, 0);
        assert_eq!(round.verdict(Limit::Max(ms(99))), Verdict::Fail);
        assert_eq!(round.verdict(Limit::LongestStall(ms(40))), Verdict::Pass);
        let gauge = |round: &Round, limit| round.judge(Subject::Gauge("age".to_owned()), limit)[0].clone();
        assert_eq!(gauge(&round, Limit::GaugeMax(3.0)).verdict, Verdict::NotJudged);
        for value in [Some(1.0), Some(3.5), None] {
            round.gauge.add(value);
        }
        let judgement = gauge(&round, Limit::GaugeMax(3.0));
        assert_eq!((judgement.verdict, judgement.found.as_str()), (Verdict::Fail, "3.5"));
        assert_eq!(gauge(&round, Limit::GaugeMin(1.0)).verdict, Verdict::Pass);
    }
}
