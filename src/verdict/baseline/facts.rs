//! What two runs must have in common to be held against each other, and what else tells them apart.

use super::Difference;

/// Something that is known of a run besides its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub what: String,
    /// What it is, in words.
    pub value: String,
    /// What a difference means.
    pub rule: Rule,
}

/// What it means where a fact of two runs differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// They are no match for each other.
    Equal,
    /// They are no match where both have it.
    EqualInBoth,
    /// The same, unless the other fact of this name differs as well: a statement that is written anew may well use
    /// other columns of its parameters.
    EqualUnless(String),
    /// None is nothing to stumble over, for it is what is tested.
    Free,
    /// The same of one member of a set, such as an index of the schema: it takes the place of no other.
    FreeMember,
}

/// What makes two runs no match for each other, and what else tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    pub(super) refused: Vec<Difference>,
    pub(super) free: Vec<Difference>,
}

/// Holds the facts of a run against those of an earlier one, in the order of the run.
pub(super) fn differences(old: &[Fact], new: &[Fact]) -> Differences {
    let mut found = Differences::default();
    let gone = old.iter().filter(|fact| !new.iter().any(|each| each.what == fact.what && each.value == fact.value));
    let come = new.iter().filter(|fact| !old.iter().any(|each| each.what == fact.what && each.value == fact.value));
    let mut gone: Vec<&Fact> = gone.collect();
    for fact in come {
        let takes_place = |each: &&Fact| each.what == fact.what && fact.rule != Rule::FreeMember;
        let before = gone.iter().position(takes_place).map(|place| gone.remove(place));
        found.add(before, Some(fact), old, new);
    }
    for fact in gone {
        found.add(Some(fact), None, old, new);
    }
    found
}

impl Differences {
    fn add(&mut self, before: Option<&Fact>, now: Option<&Fact>, old: &[Fact], new: &[Fact]) {
        let Some(either) = now.or(before) else { return };
        let value = |fact: Option<&Fact>| fact.map_or_else(String::new, |fact| fact.value.clone());
        let difference = Difference { what: either.what.clone(), old: value(before), new: value(now) };
        let is_refused = match &either.rule {
            Rule::Equal => true,
            Rule::EqualInBoth => before.is_some() && now.is_some(),
            Rule::EqualUnless(other) => before.is_some() && now.is_some() && values(old, other) == values(new, other),
            Rule::Free | Rule::FreeMember => false,
        };
        if is_refused { self.refused.push(difference) } else { self.free.push(difference) }
    }
}

fn values<'a>(facts: &'a [Fact], what: &str) -> Vec<&'a str> {
    facts.iter().filter(|fact| fact.what == what).map(|fact| fact.value.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(what: &str, value: &str, rule: Rule) -> Fact {
        Fact { what: what.to_owned(), value: value.to_owned(), rule }
    }

    fn run(scale: &str, rate: &str, load: &str, text: &str, indexes: &[&str]) -> Vec<Fact> {
        let mut facts = vec![
            fact("scale", scale, Rule::Equal),
            fact("arrivals of page", rate, Rule::EqualInBoth),
            fact("parameters of page", load, Rule::EqualUnless("statements of page".to_owned())),
            fact("statements of page", text, Rule::Free),
        ];
        facts.extend(indexes.iter().map(|index| fact("schema", index, Rule::FreeMember)));
        facts
    }

    fn told(old: &[Fact], new: &[Fact]) -> [Vec<String>; 2] {
        let Differences { refused, free } = differences(old, new);
        [refused, free]
            .map(|all| all.iter().map(|each| format!("{}: {} → {}", each.what, each.old, each.new)).collect())
    }

    #[test]
    fn what_must_be_equal_is_refused_and_what_is_tested_is_told() {
        let old = run("1", "300/s", "ab12", "SELECT 1", &["by owner", "by name"]);
        assert_eq!(told(&old, &old), [Vec::<String>::new(), Vec::new()]);
        let new = run("0.1", "400/s", "ab12", "SELECT 2", &["by name"]);
        assert_eq!(
            told(&old, &new),
            [
                vec!["scale: 1 → 0.1".to_owned(), "arrivals of page: 300/s → 400/s".to_owned()],
                vec!["statements of page: SELECT 1 → SELECT 2".to_owned(), "schema: by owner → ".to_owned()]
            ]
        );
    }

    #[test]
    fn other_parameters_are_refused_unless_the_statements_that_use_them_are_written_anew() {
        let old = run("1", "300/s", "ab12", "SELECT 1", &[]);
        assert_eq!(told(&old, &run("1", "300/s", "cd34", "SELECT 1", &[]))[0], ["parameters of page: ab12 → cd34"]);
        let anew = told(&old, &run("1", "300/s", "cd34", "SELECT 2", &[]));
        assert_eq!((anew[0].len(), anew[1].len()), (0, 2), "{anew:?}");
    }

    #[test]
    fn an_operation_that_only_one_of_them_has_is_told() {
        let old = run("1", "300/s", "ab12", "SELECT 1", &[]);
        let [refused, free] = told(&old, &old[..1]);
        assert_eq!((refused.len(), free.len()), (0, 3), "{free:?}");
        assert_eq!(told(&old[1..], &old)[0], ["scale:  → 1"], "but what belongs to every run must be in both");
    }
}
