//! What the application answers before there is any traffic.

use super::user::Site;
use super::{Errand, Request};
use crate::data::Drawn;
use crate::scenario::Method;
use anyhow::Context as _;
use tokio::time::timeout;

/// The rows of the last answer of one arrival to a request that reads, or what is wrong with an answer, in words.
///
/// Requests that change something are left out: nothing of what an application does can be taken back.
pub(in super::super) async fn ask(
    site: &Site,
    errands: &[Errand],
    drawn: &[Drawn],
    as_of: i64,
) -> anyhow::Result<Result<Vec<String>, String>> {
    let user = site.guest()?;
    let mut requests = Vec::new();
    collect(errands, &mut requests);
    let mut rows = Vec::new();
    for request in requests {
        let filled = request.fill(drawn, as_of);
        let filled = filled.ok().context("the parameters of the operation do not fit into its request")?;
        let answer = match timeout(request.timeout, user.ask(request, &filled)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => return Ok(Err(format!("{} was answered with {}", filled.path, failure.name()))),
            Err(_) => return Ok(Err(format!("{} was not answered in time", filled.path))),
        };
        if let Err(failure) = answer.judge(&request.expect) {
            return Ok(Err(format!("{} was answered with {}", filled.path, failure.name())));
        }
        rows = answer.rows();
    }
    Ok(Ok(rows))
}

/// Whether nothing that the errands ask for changes anything.
pub(in super::super) fn only_reads(errands: &[Errand]) -> bool {
    errands.iter().all(|errand| match errand {
        Errand::Request(request) => request.method.is_safe(),
        Errand::Pause(_) => true,
        Errand::Repeat { errands, .. } => only_reads(errands),
    })
}

fn collect<'a>(errands: &'a [Errand], requests: &mut Vec<&'a Request>) {
    for errand in errands {
        match errand {
            Errand::Request(request) if request.method == Method::Get => requests.push(request),
            Errand::Request(_) | Errand::Pause(_) => {}
            Errand::Repeat { errands, .. } => collect(errands, requests),
        }
    }
}
