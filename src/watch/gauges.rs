//! Gauges: the user's SQL, read over time.

use crate::clock::Clock;
use crate::observation::{Observation, Observer};
use crate::scenario::Gauge;
use crate::server::postgres::{Address, Keep, Prepared, ServerError, Session};
use crate::value::Value;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A gauge that waits for a lock or takes long is given up, for the others share its connection.
const LIMITS: &str = "SET lock_timeout = '500ms'; SET statement_timeout = '2s'";

/// The gauges of a variant and the connection that reads them.
pub struct Gauges {
    address: Address,
    all: Vec<Gauge>,
    as_of: Value<'static>,
    /// `None` after it was lost, until it can be made again.
    session: Option<Session>,
    /// Those that have parameters, as far as they have been read.
    prepared: Vec<Option<Prepared>>,
}

impl Gauges {
    /// Connects: before the load. `as_of` stands for the parameter of that name.
    pub async fn open(address: &Address, gauges: &[Gauge], as_of: Value<'static>) -> Result<Self, ServerError> {
        let session = Some(connect(address).await?);
        let prepared = vec![None; gauges.len()];
        Ok(Self { address: address.clone(), all: gauges.to_vec(), as_of, session, prepared })
    }

    /// Reads each as often as it wants until told to stop, or until nobody listens any more. One that fails reads
    /// `None`; one that is late for its next reading skips it.
    pub async fn run(mut self, clock: Clock, observer: Observer, stop: CancellationToken) {
        let mut due: Vec<Duration> = vec![clock.now(); self.all.len()];
        while let Some(place) = (0..due.len()).min_by_key(|place| due[*place]) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(clock.instant(due[place]).into()) => {}
            }
            let at = clock.now();
            let value = self.read(place).await;
            let gauge = place as u16;
            if observer.send(Observation::Gauge { gauge, at, value }).await.is_err() {
                return;
            }
            // Shorter than a millisecond is as often as can be, not for ever at once.
            let every = self.all[place].every.max(Duration::from_millis(1));
            let missed = (clock.now().saturating_sub(due[place]).as_nanos() / every.as_nanos()) as u32;
            due[place] += every * (missed + 1);
        }
    }

    async fn read(&mut self, place: usize) -> Option<f64> {
        if self.session.is_none() {
            self.session = connect(&self.address).await.ok();
            self.prepared.fill(None);
        }
        let read = self.ask(place).await?;
        if read.as_ref().is_err_and(|error| error.fatal) {
            self.session = None;
        }
        // Why it failed is the gauge's author's business: the reading is counted as failed.
        read.ok().flatten()
    }

    async fn ask(&mut self, place: usize) -> Option<Result<Option<f64>, ServerError>> {
        let session = self.session.as_mut()?;
        let statement = &self.all[place].statement;
        let answer = if statement.references.is_empty() {
            // The simple protocol gives every type as text, `numeric` among them.
            session.run_simple(&statement.sql, Keep::Rows).await
        } else {
            let arguments = vec![self.as_of.clone(); statement.references.len()];
            let prepared = match &self.prepared[place] {
                Some(prepared) => prepared.clone(),
                None => match session.prepare(&statement.sql).await {
                    Ok(prepared) => self.prepared[place].insert(prepared).clone(),
                    Err(error) => return Some(Err(error)),
                },
            };
            session.run(&prepared, &arguments, Keep::Rows).await
        };
        Some(answer.map(|answer| answer.kept.first().and_then(|row| row.first()).and_then(number)))
    }
}

async fn connect(address: &Address) -> Result<Session, ServerError> {
    let mut session = Session::open(address, "shakedown/gauges").await?;
    session.batch(LIMITS).await?;
    Ok(session)
}

/// A reading as a number; `None` for NULL and for what is none.
fn number(value: &Value<'_>) -> Option<f64> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Decimal { units, scale } => *units as f64 / 10_f64.powi(i32::from(*scale)),
        Value::Interval(micros) => *micros as f64 / 1e6,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Text(text) if text == "t" => 1.0,
        Value::Text(text) if text == "f" => 0.0,
        Value::Text(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_a_number_whatever_its_type() {
        let cases = [
            (Value::Int(7), Some(7.0)),
            (Value::Text("12.50".into()), Some(12.5)),
            (Value::Decimal { units: 1250, scale: 2 }, Some(12.5)),
            (Value::Text("t".into()), Some(1.0)),
            (Value::Bool(false), Some(0.0)),
            (Value::Interval(1_500_000), Some(1.5)),
            (Value::Null, None),
            (Value::Text("NaN".into()), None),
            (Value::Text("many".into()), None),
        ];
        for (value, expected) in cases {
            assert_eq!(number(&value), expected, "{value:?}");
        }
    }
}
