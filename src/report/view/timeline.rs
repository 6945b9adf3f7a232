//! A round over time: steps, lock waits, response times, throughput and errors above one another.

use super::readings::readings;
use super::round::Shown;
use super::scales::{Scales, buckets};
use crate::phase::Phase;
use crate::report::chart::lane::{Key, Lane, picture};
use crate::report::chart::line::{stairs, steps};
use crate::report::chart::scale::Tick;
use crate::report::chart::thin::{Bucket, seconds_per_point};
use crate::report::chart::time::{Origin, end};
use crate::report::chart::{bars, coordinate, gantt, waits};
use crate::report::names;
use crate::report::words;
use crate::wait::Wait;

/// A stack of charts over one time axis.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// What it shows, for those who do not see it.
    pub(crate) title: String,
    /// The axis, for CSS.
    pub(crate) style: String,
    /// Phases behind all charts.
    pub(crate) bands: Vec<Band>,
    /// Marks of the time axis.
    pub(crate) ticks: Vec<Tick>,
    /// From the top down.
    pub(crate) lanes: Vec<Lane>,
    /// JSON for the script; empty where nothing is read out.
    pub(crate) readings: String,
    /// What can be chosen: all traffic, then each operation.
    pub(crate) choices: Vec<String>,
    /// The stretch worth a closer look, for the script.
    pub(crate) closer: Option<(f64, f64)>,
    /// What a reader must know.
    pub(crate) note: String,
}

/// A stretch of the time axis.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    /// The phase's name, and its CSS class.
    pub(crate) name: &'static str,
    /// From when to when, for CSS.
    pub(crate) style: String,
}

/// The timeline of one round.
pub(crate) fn timeline(shown: Shown<'_>, scales: &Scales) -> anyhow::Result<Timeline> {
    let all = buckets(shown, &shown.series.all, scales.detail);
    let classes = bars::classes(&all);
    let operations: Vec<String> = shown.variant.operations.iter().map(|operation| operation.name.clone()).collect();
    let migration = (!shown.round.steps.is_empty()).then(|| migration(shown, scales));
    let lanes = [waiting(shown, scales), response(&all, scales), rate(&all, scales), errors(&all, &classes, scales)];
    Ok(Timeline {
        title: format!("{}, round {}, over time", shown.variant.name, shown.number),
        style: scales.axis.style(),
        bands: bands(shown),
        ticks: scales.axis.ticks(),
        lanes: migration.into_iter().chain(lanes).collect(),
        readings: readings(shown, &operations, &classes, scales.detail)?,
        choices: std::iter::once("all traffic".to_owned()).chain(operations).collect(),
        closer: closer(shown),
        note: note(shown, scales),
    })
}

/// The phases of a round, and its impact window.
pub(crate) fn bands(shown: Shown<'_>) -> Vec<Band> {
    let origin = Origin::of(shown.round);
    let band = |name, from, until| {
        let style = format!("--a:{};--b:{}", coordinate(origin.at(from), 3), coordinate(origin.at(until), 3));
        Band { name, style }
    };
    let phases = &shown.round.phases;
    let spans = phases.began.iter().map(|(phase, began)| {
        let until = phases.span(*phase).map_or_else(|| end(shown.round), |(_, until)| until);
        band(phase.name(), *began, until)
    });
    let impact = shown.round.impact.map(|impact| band("impact", impact.start, impact.end));
    spans.chain(impact).collect()
}

fn closer(shown: Shown<'_>) -> Option<(f64, f64)> {
    let origin = Origin::of(shown.round);
    let impact = shown.round.impact?;
    let (from, until) = (origin.at(impact.start), origin.at(impact.end));
    let air = ((until - from) * 0.08).max(0.05);
    Some((from - air, until + air))
}

fn note(shown: Shown<'_>, scales: &Scales) -> String {
    let origin = if shown.round.phases.began(Phase::During).is_some() {
        "the first step of the migration"
    } else {
        "the start of the measurement"
    };
    let width = seconds_per_point(end(shown.round), scales.detail.points);
    let thinned = match width {
        1 => String::new(),
        width => {
            format!(" Each point stands for {width} s: response times are those of its worst second, rates are means.")
        }
    };
    let impact = shown.round.impact.map_or(String::new(), |impact| {
        let length = words::length(impact.end.saturating_sub(impact.start));
        match impact.recovered {
            true => format!(" All was as before again {length} after it; the line above the charts spans that time."),
            false => format!(" Things had not recovered when the round ended, {length} after it."),
        }
    });
    format!("Time is counted from {origin}.{impact}{thinned}")
}

fn migration(shown: Shown<'_>, scales: &Scales) -> Lane {
    let origin = Origin::of(shown.round);
    let keys = [
        ("held", "others waited for its lock"),
        ("queued", "others queued behind it"),
        ("waiting", "it waited itself"),
    ];
    Lane {
        class: "steps",
        title: "Migration".to_owned(),
        note: String::new(),
        keys: keys.map(|(class, label)| Key::colour(class, label)).to_vec(),
        ticks: Vec::new(),
        height: gantt::height(scales.steps),
        ends: (scales.axis.from, scales.axis.to),
        picture: gantt::draw(&shown.round.steps, shown.series, origin, end(shown.round)),
    }
}

fn waiting(shown: Shown<'_>, scales: &Scales) -> Lane {
    let origin = Origin::of(shown.round);
    let packed = waits::pack(&shown.series.waits, scales.detail.waits);
    let note = match (shown.series.waits.len(), packed.left_out) {
        (0, _) => "nobody waited for a lock".to_owned(),
        (_, 0) => format!("up to {} at once", words::count(packed.rows as u64)),
        (_, more) => {
            format!(
                "the {} longest; {} more were shorter",
                words::count(packed.bars.len() as u64),
                words::count(more as u64)
            )
        }
    };
    let description = format!("Lock waits over time; {note}.");
    let marks = waits::draw(&packed, scales.waiting, shown.names(), origin);
    Lane {
        class: "waits",
        title: "Waiting for locks".to_owned(),
        note,
        keys: causes(&shown.series.waits),
        ticks: Vec::new(),
        height: (scales.waiting as f64 * 0.3).clamp(0.9, 6.5),
        ends: (0.0, scales.waiting as f64),
        picture: picture(scales.axis, &[], &description, &marks),
    }
}

/// The kinds of causes that were seen, as the legend names them.
fn causes(waits: &[Wait]) -> Vec<Key> {
    let seen = |class: &str| {
        waits.iter().flat_map(|wait| &wait.stretches).any(|stretch| names::class(&stretch.cause) == class)
    };
    let kinds = [
        ("held", "held by a step"),
        ("queued", "queued behind a step"),
        ("indirect", "behind another victim"),
        ("job", "a job"),
        ("traffic", "other traffic"),
        ("background", "background"),
    ];
    kinds.into_iter().filter(|(class, _)| seen(class)).map(|(class, label)| Key::series(class, label)).collect()
}

fn response(all: &[Bucket], scales: &Scales) -> Lane {
    let scale = scales.response;
    let point =
        |n: usize| all.iter().map(move |bucket| (bucket.from, bucket.to, bucket.response.map(|r| scale.at(r[n]))));
    let marks = [steps("max", point(2)), steps("p50", point(0)), steps("p99", point(1))].concat();
    let mut lane = Lane::scaled("response", "Response time", scale, 9.0);
    let worst = all.iter().filter_map(|bucket| bucket.response).map(|r| r[1]).fold(0.0, f64::max);
    let description =
        format!("Response times over time, logarithmic. The worst second's p99 is {}.", words::millis(worst * 1e3));
    lane.picture = picture(scales.axis, &lane.ticks, &description, &marks);
    lane.keys = vec![Key::series("max", "max"), Key::series("p99", "p99"), Key::series("p50", "p50")];
    lane
}

fn rate(all: &[Bucket], scales: &Scales) -> Lane {
    let scale = scales.rate;
    let done = stairs("done", all.iter().map(|bucket| (bucket.from, bucket.to, scale.at(bucket.succeeded))));
    let due = steps("due", all.iter().map(|bucket| (bucket.from, bucket.to, Some(scale.at(bucket.due)))));
    let mut lane = Lane::scaled("rate", "Throughput per second", scale, 4.5);
    let least = all.iter().map(|bucket| bucket.succeeded).fold(f64::INFINITY, f64::min);
    let description = format!("Succeeded per second, of what was due; the least is {}.", words::number(least));
    lane.picture = picture(scales.axis, &lane.ticks, &description, &(done + &due));
    "by the second in which it was due".clone_into(&mut lane.note);
    lane.keys = vec![Key::series("done", "succeeded"), Key::series("due", "due")];
    lane
}

fn errors(all: &[Bucket], classes: &[String], scales: &Scales) -> Lane {
    let none = classes.is_empty();
    let title = if none { "No errors" } else { "Errors per second" };
    let Some(scale) = scales.errors else {
        return Lane {
            class: "errors",
            title: title.to_owned(),
            note: String::new(),
            keys: Vec::new(),
            ticks: Vec::new(),
            height: 0.0,
            ends: (0.0, 1.0),
            picture: String::new(),
        };
    };
    let mut lane = Lane::scaled("errors", title, scale, 3.5);
    let named = classes.iter().map(|class| class.replace('_', " "));
    let description = format!("{title} by class: {}.", words::list(&named.clone().collect::<Vec<_>>()));
    lane.picture = picture(scales.axis, &lane.ticks, &description, &bars::bars(all, classes, scale));
    lane.keys = named.enumerate().map(|(n, class)| Key::series(&format!("e{n}"), &class)).collect();
    lane
}
