//! How many bytes were looked at, and how often the quick way was left: counted with the feature `count-work`, for tests
//! that show that the work is linear, and that nothing is done twice.

/// The bytes that all parsers of this process have looked at so far, each as often as it was.
#[cfg(feature = "count-work")]
pub fn bytes_looked_at() -> u64 {
    BYTES.load(core::sync::atomic::Ordering::Relaxed)
}

/// How often all parsers of this process have left the quick way so far: a message that was not taken at once, one that was
/// taken line by line, a header that was searched without marks or is not written as usual, and a message whose lines
/// are looked at one by one for defects.
#[cfg(feature = "count-work")]
pub fn detours() -> u64 {
    DETOURS.load(core::sync::atomic::Ordering::Relaxed)
}

#[cfg(feature = "count-work")]
static BYTES: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

/// Bytes were looked at.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is nothing at all without the feature")]
pub(crate) fn looked_at(bytes: usize) {
    #[cfg(feature = "count-work")]
    BYTES.fetch_add(bytes as u64, core::sync::atomic::Ordering::Relaxed);
    _ = bytes;
}

#[cfg(feature = "count-work")]
static DETOURS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

/// The quick way is left.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is nothing at all without the feature")]
pub(crate) fn detour() {
    #[cfg(feature = "count-work")]
    DETOURS.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
}

/// `memchr`, counted.
#[inline]
pub(crate) fn memchr(byte: u8, bytes: &[u8]) -> Option<usize> {
    let found = memchr::memchr(byte, bytes);
    looked_at(found.map_or(bytes.len(), |at| at + 1));
    found
}
