//! What differed in the run in which something changed: versions, settings, data, statements.

use super::change::Change;
use super::series::Row;
use crate::report::words;
use crate::result::night::{Night, NightVariant};

/// Differences from the run before, in sentences; one sentence where the results tell of none.
pub(super) fn told(changes: &[&Change], rows: &[Row], nights: &[&Night], at: usize) -> Vec<String> {
    let Some(before) = changes.iter().map(|change| change.night_before).filter(|before| *before < at).max() else {
        return Vec::new();
    };
    let (was, is) = (nights[before], nights[at]);
    let mut told = of_place(was, is);
    let mut named: Vec<(&str, &str)> = Vec::new();
    for change in changes {
        let row = &rows[change.row];
        if !named.contains(&(&row.variant, &row.operation)) {
            named.push((&row.variant, &row.operation));
        }
    }
    let mut variants: Vec<&str> = named.iter().map(|(variant, _)| *variant).collect();
    variants.dedup();
    told.extend(variants.iter().filter_map(|variant| of_migration(was, is, variant)));
    told.extend(named.iter().flat_map(|(variant, operation)| of_operation(was, is, variant, operation)));
    if told.is_empty() {
        told.push(
            "Nothing that results tell of differs from the run before: neither version, server, settings, data nor \
             statements."
                .to_owned(),
        );
    }
    told
}

fn of_place(was: &Night, is: &Night) -> Vec<String> {
    let differs = |what: &str, was: &str, is: &str| (was != is).then(|| format!("{what}: {is} instead of {was}."));
    let (scales, seeds) = ([was.scale, is.scale], [was.random_seed, is.random_seed].map(|seed| seed.to_string()));
    let [was_cpus, is_cpus] = [was.place.cpus, is.place.cpus].map(|cpus| cpus.to_string());
    let scales = scales.map(|scale| scale.to_string());
    let mut told: Vec<String> = [
        differs("Shakedown", &was.shakedown, &is.shakedown),
        differs("The server", &was.place.server, &is.place.server),
        differs("The place", &was.place.kind, &is.place.kind),
        differs("Processors", &was_cpus, &is_cpus),
        differs("The scale", &scales[0], &scales[1]),
        differs("The random seed", &seeds[0], &seeds[1]),
    ]
    .into_iter()
    .flatten()
    .collect();
    told.extend(settings(was, is));
    if was.seed.fingerprint != is.seed.fingerprint {
        told.push("The data are others: schema, seed, or what builds them.".to_owned());
    }
    told
}

fn settings(was: &Night, is: &Night) -> Vec<String> {
    fn value<'a>(night: &'a Night, name: &str) -> &'a str {
        let found = night.place.settings.iter().find(|(known, _)| known == name);
        found.map_or("nothing", |(_, value)| value.as_str())
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in is.place.settings.iter().chain(&was.place.settings) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let differing = names.into_iter().filter(|name| value(was, name) != value(is, name));
    differing.map(|name| format!("The setting {name}: {} instead of {}.", value(is, name), value(was, name))).collect()
}

fn of_migration(was: &Night, is: &Night, variant: &str) -> Option<String> {
    let steps = |night: &Night| -> Option<Vec<String>> {
        let round = named(night, variant)?.rounds.first()?;
        Some(round.steps.iter().map(|step| step.text.clone()).collect())
    };
    let (was, is) = (steps(was)?, steps(is)?);
    (was != is).then(|| format!("The migration of “{variant}” runs other statements."))
}

fn of_operation(was: &Night, is: &Night, variant: &str, operation: &str) -> Vec<String> {
    let find = |night: &'_ Night| {
        let found = named(night, variant)?.operations.iter().find(|each| each.name == operation);
        found.map(|found| (found.text.clone(), found.arrivals.clone()))
    };
    let Some(((was_text, was_arrivals), (is_text, is_arrivals))) = find(was).zip(find(is)) else { return Vec::new() };
    let mut told = Vec::new();
    if was_text != is_text {
        let [was, is] = [was_text, is_text].map(|text| words::shorten(&text.replace('`', "'"), 200));
        told.push(format!("`{operation}` runs another statement: `{is}` instead of `{was}`."));
    }
    if was_arrivals != is_arrivals {
        told.push(format!("`{operation}` comes otherwise: {is_arrivals} instead of {was_arrivals}."));
    }
    told
}

fn named<'a>(night: &'a Night, variant: &str) -> Option<&'a NightVariant> {
    night.variants.iter().find(|each| each.name == variant)
}
