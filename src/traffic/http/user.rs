//! Somebody who asks the application.

use super::answer::Answer;
use super::request::{Filled, Request};
use crate::failure::Failure;
use crate::scenario::Method;
use anyhow::Context as _;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode, Url};
use std::time::Duration;

/// How many redirects are followed.
const REDIRECTS: u32 = 10;
/// How long an idle connection is kept: less than servers keep theirs (two seconds and more), so that no request
/// meets the end of its connection on the way, which would be a failure of our own making.
const IDLE: Duration = Duration::from_secs(1);

/// Where the application answers, and the client that all strangers share.
pub(in super::super) struct Site {
    base: Url,
    client: Client,
}

impl Site {
    pub(in super::super) fn new(url: &str) -> anyhow::Result<Self> {
        let base = Url::parse(url).with_context(|| format!("{url} is no place where an application could answer"))?;
        Ok(Self { base, client: client().build()? })
    }

    /// Somebody who was never there before.
    pub(in super::super) fn stranger(&self) -> User {
        User { base: self.base.clone(), client: self.client.clone() }
    }

    /// Somebody with connections and cookies of its own.
    pub(in super::super) fn guest(&self) -> anyhow::Result<User> {
        Ok(User { base: self.base.clone(), client: client().cookie_store(true).build()? })
    }
}

/// Redirects are ours to follow, for some requests expect one; bytes are taken as they come.
fn client() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy().no_gzip().pool_idle_timeout(IDLE)
}

/// Somebody who asks the application.
pub(in super::super) struct User {
    base: Url,
    client: Client,
}

impl User {
    /// Sends a request and reads the answer to its last byte. Redirects within the application are followed unless a
    /// status is expected; whatever else it points at is not ours to load.
    pub(super) async fn ask(&self, request: &Request, filled: &Filled) -> Result<Answer, Failure> {
        let mut url = self.base.join(&filled.path).map_err(|_| Failure::BadValue)?;
        let (mut method, mut body) = (request.method, filled.body.as_ref());
        let mut followed = 0;
        loop {
            let mut asked = self.client.request(named(method), url.clone()).headers(filled.headers.clone());
            if let Some(body) = body {
                asked = asked.header(CONTENT_TYPE, "application/json").body(body.clone());
            }
            let response = asked.send().await.map_err(|error| failure(&error))?;
            let onwards = if request.expect.status.is_none() { self.onwards(&url, &response) } else { None };
            if let Some(next) = onwards.filter(|_| followed < REDIRECTS) {
                if becomes_get(response.status(), method) {
                    (method, body) = (Method::Get, None);
                }
                (url, followed) = (next, followed + 1);
                // Read, so that the connection can be used again.
                response.bytes().await.map_err(|error| failure(&error))?;
                continue;
            }
            let status = response.status().as_u16();
            let body = response.bytes().await.map_err(|error| failure(&error))?;
            return Ok(Answer { status, body: body.into() });
        }
    }

    /// Where a redirect leads, within the application.
    fn onwards(&self, from: &Url, response: &Response) -> Option<Url> {
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = response.headers().get(LOCATION)?.to_str().ok()?;
        from.join(location).ok().filter(|next| next.origin() == self.base.origin())
    }
}

/// Whether a redirect is followed by asking for a page instead of repeating what was sent (RFC 9110, 15.4).
fn becomes_get(status: StatusCode, method: Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => method != Method::Head,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::Post,
        _ => false,
    }
}

fn named(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// Whatever keeps an answer from coming is a connection that could not be made or broke; a request that is none is
/// made of values that do not fit.
fn failure(error: &reqwest::Error) -> Failure {
    match error.is_builder() {
        true => Failure::BadValue,
        false => Failure::ConnectionLost,
    }
}
