//! Who is who: the places that a result speaks of, as names that a reader knows.

use crate::result::model::VariantResult;
use crate::wait::{Actor, Cause, Link};

/// The names of one variant.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a>(pub(crate) &'a VariantResult);

impl<'a> Names<'a> {
    /// An operation.
    pub(crate) fn operation(self, place: u16) -> String {
        self.0.operations.get(usize::from(place)).map_or_else(|| format!("operation {}", place + 1), |o| o.name.clone())
    }

    /// The place of a step, by what it is called.
    pub(crate) fn step_called(self, name: &str) -> Option<u16> {
        let steps = self.0.rounds.first().map_or(&[][..], |round| &round.steps);
        steps.iter().position(|step| step.name == name).and_then(|place| u16::try_from(place).ok())
    }

    /// What a session runs: the whole step, where the server did not say which of its statements.
    pub(crate) fn statement(self, link: &'a Link) -> &'a str {
        let steps = self.0.rounds.first().map_or(&[][..], |round| &round.steps);
        match &link.actor {
            Actor::Step(place) if link.statement.is_empty() => {
                steps.get(usize::from(*place)).map_or("", |step| &step.text)
            }
            _ => &link.statement,
        }
    }

    /// Whom a session works for.
    pub(crate) fn actor(self, actor: &Actor) -> String {
        match actor {
            Actor::Operation(place) => self.operation(*place),
            Actor::Step(place) => step(*place),
            Actor::Harness => "Shakedown itself".to_owned(),
            Actor::Background(who) => who.clone(),
        }
    }

    /// Why somebody waited, to follow *waited*.
    pub(crate) fn cause(self, cause: &Cause) -> String {
        match cause {
            Cause::Held { step: place } => format!("for a lock that {} held", step(*place)),
            Cause::Queued { step: place, root } => {
                format!("in the queue behind {}, which waited for {} itself", step(*place), self.actor(root))
            }
            Cause::Indirect { step: place } => format!("behind another victim of {}", step(*place)),
            Cause::Job { operation } => format!("for the job {}", self.operation(*operation)),
            Cause::Traffic => "for each other, as ordinary traffic does".to_owned(),
            Cause::Background { who } => format!("for {who}"),
        }
    }

    /// A cause in few words, for tables and legends.
    pub(crate) fn brief(self, cause: &Cause) -> String {
        match cause {
            Cause::Held { step: place } => format!("held by {}", step(*place)),
            Cause::Queued { step: place, root } => {
                format!("queued behind {}, root: {}", step(*place), self.actor(root))
            }
            Cause::Indirect { step: place } => format!("indirectly behind {}", step(*place)),
            Cause::Job { operation } => format!("job {}", self.operation(*operation)),
            Cause::Traffic => "other traffic".to_owned(),
            Cause::Background { who } => format!("background: {who}"),
        }
    }
}

/// A step, counted from one as people do.
pub(crate) fn step(place: u16) -> String {
    format!("step {}", place + 1)
}

/// The word that gives a cause its colour.
pub(crate) fn class(cause: &Cause) -> &'static str {
    match cause {
        Cause::Held { .. } => "held",
        Cause::Queued { .. } => "queued",
        Cause::Indirect { .. } => "indirect",
        Cause::Job { .. } => "job",
        Cause::Traffic => "traffic",
        Cause::Background { .. } => "background",
    }
}
