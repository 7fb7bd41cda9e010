use crate::FetchOptions;
use crate::memo::Memo;
use std::io::Read;
use ureq::http::{HeaderMap, Response, header};
use ureq::{Agent, Body, Proxy};

/// Asks servers for files.
pub(crate) struct Client(Agent);

/// From where on a file is wanted.
pub(crate) struct Range {
    /// The first byte.
    pub(crate) from: u64,
    /// What the file must still be for that; otherwise all of it is wanted.
    pub(crate) validator: Option<String>,
}

/// What a server sends.
pub(crate) enum Answer {
    /// All of the file.
    Whole { memo: Memo, body: Box<dyn Read> },
    /// The bytes from `from` on.
    Rest { from: u64, total: Option<u64>, body: Box<dyn Read> },
    /// The file has no such bytes.
    OutOfRange,
    /// Something else.
    Refused { status: String, is_passing: bool },
}

impl Client {
    pub(crate) fn new(options: &FetchOptions) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("bonas/", env!("CARGO_PKG_VERSION")))
            // The bytes are wanted as they lie there: digests and ranges are about those.
            .accept_encoding("identity")
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_recv_response(Some(options.read_timeout))
            .timeout_per_read(Some(options.read_timeout));
        config = config.proxy(options.environment_proxies.then(Proxy::try_from_env).flatten());
        Self(config.build().new_agent())
    }

    /// Asks for a file. `keep_https`: a redirection away from HTTPS is an error.
    pub(crate) fn get(&self, url: &str, range: Option<&Range>, keep_https: bool) -> Result<Answer, ureq::Error> {
        let mut request = self.0.get(url).config().https_only(keep_https).build();
        if let Some(Range { from, validator }) = range {
            request = request.header(header::RANGE, format!("bytes={from}-"));
            if let Some(validator) = validator {
                request = request.header(header::IF_RANGE, validator);
            }
        }
        Ok(answer(url, request.call()?))
    }
}

fn answer(url: &str, response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    match head.status.as_u16() {
        200 => {
            let memo = Memo { url: url.into(), validator: validator(&head.headers), bytes: body.content_length() };
            Answer::Whole { memo, body: Box::new(body.into_reader()) }
        }
        206 => match text(&head.headers, header::CONTENT_RANGE).and_then(content_range) {
            Some((from, total)) => Answer::Rest { from, total, body: Box::new(body.into_reader()) },
            None => Answer::OutOfRange,
        },
        416 => Answer::OutOfRange,
        // Too early, too many, too slow, or the server's own fault: later it may answer.
        code => Answer::Refused { status: head.status.to_string(), is_passing: matches!(code, 408 | 425 | 429 | 500..) },
    }
}

/// What `If-Range` may say of this answer. A weak tag does not promise the same bytes, so that it may not be used there.
fn validator(headers: &HeaderMap) -> Option<String> {
    let strong = text(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"));
    strong.or_else(|| text(headers, header::LAST_MODIFIED)).map(str::to_owned)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// First byte and total of `bytes 5-9/10`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::content_range;

    #[test]
    fn content_ranges_are_read() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        assert_eq!(content_range("bytes */10"), None);
        assert_eq!(content_range("items 5-9/10"), None);
    }
}
