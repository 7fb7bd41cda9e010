use crate::Mirror;
use bonas_core::Interrupt;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// No wait without a look at the interrupt is longer.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
/// No pause between two tries is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How files are fetched.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Asked first.
    pub mirror: Option<Mirror>,
    /// Whether a file that is there, but is not the one described, is replaced; so is one of
    /// which the manifest names no digest.
    pub force: bool,
    /// How often a broken connection is tried again at one address without a new byte having come.
    pub retries: u32,
    /// Pause before the first of these tries; it doubles from try to try, up to half a minute.
    pub first_pause: Duration,
    /// How long setting up a connection may take.
    pub connect_timeout: Duration,
    /// How long a server may be silent.
    pub read_timeout: Duration,
    /// Whether the proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are used.
    pub environment_proxies: bool,
    /// What a pause does.
    pub sleep: Sleep,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            mirror: None,
            force: false,
            retries: 4,
            first_pause: Duration::from_millis(500),
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_secs(30),
            environment_proxies: true,
            sleep: Sleep::default(),
        }
    }
}

impl FetchOptions {
    /// Waits before the try after `failures` tries in vain, or until the interrupt.
    pub(crate) fn pause(&self, failures: u32, interrupt: &Interrupt) {
        let mut left = self.first_pause.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_PAUSE);
        while !left.is_zero() && !interrupt.is_requested() {
            let now = left.min(LONGEST_SLEEP);
            (self.sleep.0)(now);
            left -= now;
        }
    }
}

/// How a pause is spent; tests need not wait. Long pauses are slept in slices of a tenth of a second.
#[derive(Clone)]
pub struct Sleep(Arc<dyn Fn(Duration) + Send + Sync>);

impl Sleep {
    /// Sleeps by calling a function.
    pub fn by(sleep: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sleep))
    }
}

impl Default for Sleep {
    fn default() -> Self {
        Self::by(std::thread::sleep)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sleep")
    }
}
