//! What a reader must know before believing a figure.

use super::between::{Between, Nothing};
use super::prepare::Seeded;
use crate::result::model::PlaceFacts;
use crate::units;

/// What is known before anything is measured.
pub(super) fn beforehand(seeded: &Seeded, place: &PlaceFacts) -> Vec<String> {
    let subject = &seeded.prepared.subject;
    let mut sentences = Vec::new();
    let size: u64 = seeded.facts.tables.iter().map(|table| table.bytes).sum();
    if let Some((_, buffers)) = place.settings.iter().find(|(name, _)| name == "shared_buffers") {
        sentences.push(format!("{} of data with their indexes, {buffers} of shared buffers.", units::bytes(size)));
    }
    if subject.scale < 1.0 {
        sentences.push(format!(
            "The data are {} % of the scenario's: that shows structure (rewrites, scans, lock modes, broken statements), not time.",
            subject.scale * 100.0
        ));
    }
    let risky = |name: &str| place.settings.iter().any(|(each, value)| each == name && value == "off");
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        if risky(setting) {
            sentences.push(format!("{setting} is off: whatever waits for the disk in production does not wait here."));
        }
    }
    if subject.scenario.variants.iter().any(|variant| variant.app.is_some()) {
        sentences.push(
            "How long requests wait for a connection of the application's own pool cannot be seen: it is part of their \
             response time, and lock waits are told by backend only, under the name of the application."
                .to_owned(),
        );
    }
    sentences.push(format!("`now` in the data is {}; now() in SQL is the server's own clock.", seeded.prepared.as_of));
    sentences
}

/// What lay between client and server in the rounds that were run.
pub(super) fn between(between: &Between) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(Nothing { takes, is_local }) = between.nothing {
        let takes = units::human(takes);
        sentences.push(match is_local {
            true => format!(
                "Client and server share a machine: a round trip takes {takes} here, which flatters whoever makes many."
            ),
            false => format!("A round trip to the server takes {takes} from here."),
        });
    }
    let longer = between.proxies.iter().map(|(added, proxy)| {
        let transit = units::human(proxy.transit());
        format!(
            "A proxy makes every round trip between client and server longer by {}; the {transit} that it takes itself \
             were measured and are no more on top.",
            units::human(*added)
        )
    });
    sentences.extend(longer);
    sentences
}
