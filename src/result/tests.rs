//! A whole run, from observations to files and back.

use super::model::{Ended, FORMAT, PlaceFacts, RunResult, ScenarioText, SeedFacts, VariantResult, Verdict};
use super::*;
use crate::cost::OperationCost;
use crate::latency::Time;
use crate::observation::Observation;
use crate::phase::Phase;
use crate::sample::{Outcome, Sample};
use crate::step::{StepFacts, StepOutcome};
use crate::verdict::threshold::{Bound, Figure, Limit, Subject, Threshold};
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn limits() -> Vec<Threshold> {
    let limits = vec![
        Limit::new(Figure::Percentile { of: Time::Response, percent: 99.0 }, Bound::Time(ms(50))),
        Limit::new(Figure::LongestStall, Bound::Time(ms(500))),
    ];
    vec![Threshold { subject: Subject::Operation("page".to_owned()), limits }]
}

/// A migration from second 5 to 8, during which nothing is answered if it `blocks`; 100 arrivals per second.
fn rehearse(recording: &Recording, round: u16, blocks: bool) -> RoundMeasured {
    let operations = vec![OperationShape { name: "page".to_owned(), pool: 0, arrivals: ArrivalModel::Open }];
    let shape = RoundShape { operations, steps: vec!["rewrite".to_owned()], ..RoundShape::default() };
    let mut recorder = recording.round(round, shape).expect("a round");
    let mut see = |observation| recorder.observe(observation).expect("the disk has room");
    for (phase, from, until) in [(Phase::Before, 0, 5), (Phase::During, 5, 8), (Phase::After, 8, 20)] {
        see(Observation::Phase(phase, seconds(from)));
        let blocked = blocks && phase == Phase::During;
        let samples = (from * 100..until * 100).map(|each| {
            let due = ms(each * 10);
            let connected = if blocked { seconds(until) } else { due };
            let finished = connected + ms(2);
            let (outcome, queued) = (Outcome::Succeeded, due);
            Sample { operation: 0, due, queued, connected, finished, outcome, retries: 0, statements: 1, rows: 1 }
        });
        samples.for_each(|sample| see(Observation::Samples(vec![sample])));
        if phase == Phase::During {
            let done = StepFacts { name: "rewrite".to_owned(), outcome: StepOutcome::Done, ..StepFacts::default() };
            see(Observation::StepEnded(0, Box::new(done)));
        }
    }
    recorder.finish(seconds(20)).expect("the disk has room")
}

fn variant(name: &str, measured: Vec<RoundMeasured>, fails_by: &[(Subject, String)]) -> VariantResult {
    let limits = limits();
    let rules = Rules { thresholds: &limits, steady: true, cpus: 2 };
    let facts =
        |round: usize| RoundFacts { round: round as u16, schema: "accounts(id)".to_owned(), ..RoundFacts::default() };
    let rounds = measured.into_iter().enumerate().map(|(round, measured)| measured.judged(facts(round), &rules));
    let mut variant = VariantResult {
        name: name.to_owned(),
        operations: Vec::new(),
        pools: Vec::new(),
        gauges: Vec::new(),
        fails_by: Vec::new(),
        rounds: rounds.collect(),
        judgements: Vec::new(),
        verdict: Verdict::NotJudged,
        sentence: String::new(),
    };
    variant.judge(fails_by);
    variant
}

fn run(variants: Vec<VariantResult>) -> RunResult {
    let scenario = ScenarioText {
        name: "rewrite".to_owned(),
        about: None,
        path: "rewrite.yaml".to_owned(),
        text: String::new(),
        schema: String::new(),
    };
    RunResult {
        format: FORMAT,
        shakedown: "0.1.0".to_owned(),
        scenario,
        started: String::new(),
        as_of: String::new(),
        random_seed: 1,
        scale: 1.0,
        place: PlaceFacts::default(),
        seed: SeedFacts::default(),
        variants,
        ended: Ended::Completed,
        verdict: Verdict::NotJudged,
        findings: Vec::new(),
        confessions: Vec::new(),
        comparisons: Vec::new(),
        conclusions: Vec::new(),
        capacities: Vec::new(),
        baseline: None,
        planned: Vec::new(),
    }
}

/// A run of two rounds in a directory.
fn recorded(directory: &Path) {
    let recording = Recording::create(directory).expect("it can be created");
    let rounds = vec![rehearse(&recording, 0, true), rehearse(&recording, 1, false)];
    let mut run = run(vec![variant("rewrite", rounds, &[])]);
    run.judge(true);
    recording.write_result(&run).expect("it can be written");
}

fn cut(path: &Path, bytes: u64) {
    let length = fs::metadata(path).expect("it is there").len();
    File::options().write(true).open(path).expect("it opens").set_len(length - bytes).expect("it can be cut");
}

#[test]
fn what_was_recorded_is_read_back() {
    let directory = tempfile::tempdir().expect("a directory");
    recorded(directory.path());
    let (result, rounds) = read(directory.path()).expect("it can be read");
    assert_eq!((result.verdict, rounds.len()), (Verdict::Fail, 2));
    let page = &rounds[0].operations[0];
    assert_eq!(page.seconds.len(), 20);
    assert!(page.seconds.iter().all(|second| second.scheduled == 100 && second.response.count == 100));
    let slow = page.seconds.iter().filter(|second| second.response.p50 > ms(400)).map(|second| second.start);
    assert_eq!(slow.collect::<Vec<_>>(), [5, 6, 7].map(seconds), "late answers stand where they were due");
    let phases: Vec<Phase> = page.curves.iter().map(|(phase, _)| *phase).collect();
    assert_eq!(phases, [Phase::Before, Phase::During, Phase::After]);
    assert_eq!(page.curves[1].1.len(), 300);
    assert_eq!(rounds[1].all.seconds.len(), 20);
    let names: Vec<_> = fs::read_dir(directory.path())
        .expect("it can be read")
        .map(|each| each.expect("an entry").file_name())
        .collect();
    assert_eq!(names.len(), 3, "nothing is left beside the three files: {names:?}");
}

#[test]
fn a_run_that_was_killed_is_read_as_far_as_it_came() {
    let directory = tempfile::tempdir().expect("a directory");
    recorded(directory.path());
    // A third round ends without a word.
    let operations = vec![OperationShape { name: "page".to_owned(), pool: 0, arrivals: ArrivalModel::Open }];
    let shape = RoundShape { operations, ..RoundShape::default() };
    let mut killed = Recording::of(directory.path()).round(2, shape).expect("a round");
    killed.observe(Observation::Phase(Phase::Before, Duration::ZERO)).expect("the disk has room");
    for second in 0..10 {
        let at = seconds(second);
        let (outcome, finished) = (Outcome::Succeeded, at + ms(2));
        let sample = Sample {
            operation: 0,
            due: at,
            queued: at,
            connected: at,
            finished,
            outcome,
            retries: 0,
            statements: 1,
            rows: 1,
        };
        killed.observe(Observation::Samples(vec![sample])).expect("the disk has room");
    }
    drop(killed);
    let (_, rounds) = read(directory.path()).expect("it can be read");
    let page = &rounds[2].operations[0];
    assert_eq!(page.seconds.len(), 6, "but for the last few seconds it is all there");
    assert_eq!((page.curves.len(), page.curves[0].0, page.curves[0].1.len()), (1, Phase::Before, 6));
}

#[test]
fn logs_that_end_within_a_line_are_read_up_to_there() {
    let directory = tempfile::tempdir().expect("a directory");
    recorded(directory.path());
    // In the middle of a line of each: the last phase's distribution of the second round, and its end.
    cut(&directory.path().join("latency.hlog"), 50);
    cut(&directory.path().join("events.jsonl"), 10);
    let (_, rounds) = read(directory.path()).expect("it can be read");
    assert_eq!(rounds[0].operations[0].curves.len(), 3);
    assert_eq!(rounds[1].operations[0].curves.len(), 2);
    assert_eq!(rounds[1].operations[0].seconds.len(), 20);
}

#[test]
fn a_newer_format_is_refused_in_words() {
    let directory = tempfile::tempdir().expect("a directory");
    recorded(directory.path());
    let path = directory.path().join("result.json");
    let text = fs::read_to_string(&path).expect("it can be read");
    fs::write(&path, text.replacen("\"format\": 1", "\"format\": 99", 1)).expect("it can be written");
    let error = read(directory.path()).expect_err("it is newer").to_string();
    assert!(error.contains("format 99") && error.contains("use a newer one"), "{error}");
}

#[test]
fn a_path_that_cannot_be_written_is_told_before_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("it can be written");
    let error = Recording::create(&file.join("run")).expect_err("a file is no directory").to_string();
    assert!(error.contains("choose another with --out"), "{error}");
}

#[test]
fn a_variant_is_judged_over_its_rounds() {
    let directory = tempfile::tempdir().expect("a directory");
    let recording = Recording::create(directory.path()).expect("it can be created");
    let rounds = |blocks: &[bool]| -> Vec<RoundMeasured> {
        let rounds = blocks.iter().enumerate();
        rounds.map(|(round, blocks)| rehearse(&recording, round as u16, *blocks)).collect()
    };
    let stall = [(Subject::Operation("page".to_owned()), "longest_stall".to_owned())];
    for (blocks, fails_by, expected, begins) in [
        (&[false][..], &[][..], Verdict::Pass, "Nobody waited for a lock"),
        (&[true], &[], Verdict::Fail, "Nobody waited for a lock, but `page` took 2.92 s at p99"),
        (&[true], &stall, Verdict::Pass, "Nobody waited"),
        (&[false], &stall, Verdict::Fail, "Nobody waited"),
        (&[false, true, false], &[], Verdict::Fail, "Lost 1 of 3 rounds; in the worst: Nobody waited"),
        (&[true, true], &stall, Verdict::Pass, "Caught in 2 of 2 rounds"),
    ] {
        let variant = variant("rewrite", rounds(blocks), fails_by);
        assert_eq!(variant.verdict, expected, "{blocks:?} {fails_by:?}");
        assert!(variant.sentence.starts_with(begins), "{}", variant.sentence);
    }
}

#[test]
fn statements_of_an_operation_are_judged_by_its_cost_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let recording = Recording::create(directory.path()).expect("it can be created");
    let subject = Subject::Operation("page".to_owned());
    let thresholds = [Threshold { subject, limits: vec![Limit::new(Figure::Statements, Bound::Count(10))] }];
    let rules = Rules { thresholds: &thresholds, steady: true, cpus: 2 };
    for (costs, expected, found) in [
        (vec![OperationCost { executions: 5, statements: 61.0, ..OperationCost::default() }], Verdict::Fail, "61"),
        (Vec::new(), Verdict::Pass, "1"),
    ] {
        let round = rehearse(&recording, 0, false).judged(RoundFacts { costs, ..RoundFacts::default() }, &rules);
        let [judgement] = &round.judgements[..] else { panic!("there is one limit") };
        assert_eq!((judgement.verdict, judgement.found.split(' ').next()), (expected, Some(found)));
    }
}

#[test]
fn alternatives_that_must_end_alike_fail_when_they_do_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let recording = Recording::create(directory.path()).expect("it can be created");
    let ends = |name: &str, schema: &str| {
        let mut variant = variant(name, vec![rehearse(&recording, 0, false)], &[]);
        variant.rounds[0].schema = schema.to_owned();
        variant
    };
    for (second, same_schema, expected) in
        [("a", true, Verdict::Pass), ("b", true, Verdict::Fail), ("b", false, Verdict::Pass), ("", true, Verdict::Pass)]
    {
        let mut run = run(vec![ends("one", "a"), ends("two", second)]);
        run.judge(same_schema);
        assert_eq!((run.verdict, run.confessions.len()), (expected, usize::from(expected == Verdict::Fail)));
    }
}

#[test]
fn a_recorder_can_live_on_a_thread_of_its_own() {
    fn sendable<T: Send + 'static>() {}
    sendable::<Recorder>();
}
