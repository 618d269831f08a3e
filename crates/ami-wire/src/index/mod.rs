//! The structural index: where lines end and where keys end, 64 bytes at a time.
//!
//! Lines of this protocol are short, 22 bytes on average, so that a search call for each costs more than its bytes.
//! Comparing a whole block with LF and with `:` gives two masks, and one addition on them finds the first colon of
//! every line in it. This is the lowest layer, on which messages and headers are built; it can be used alone:
//!
//! ```
//! use ami_wire::index::Scanner;
//!
//! let bytes = b"Event: Dial\r\nText\nA: b:c\r\n";
//! let mut marks = [0; 128];
//! let filled = Scanner::new().fill(bytes, &mut marks);
//! assert_eq!((filled.bytes, &marks[..filled.marks]), (26, &[5, 12, 17, 19, 25][..]));
//! ```
//!
//! # One file per instruction set
//!
//! | file | for | 64 bytes take | chosen |
//! |---|---|---|---|
//! | `portable` | everything; the oracle for the others | 8 words | where nothing else is |
//! | `sse2` | x86-64 | 4 vectors | always there |
//! | `avx2` | x86-64 | 2 vectors | at run time with `std`, at compile time without |
//! | `avx512` | x86-64 with VBMI2 | 1 vector | likewise |
//! | `neon` | aarch64 | 4 vectors | always there |
//!
//! An instruction set is a type whose values exist only where the processor has it, so that holding one is the proof
//! that its instructions may be used. The files of the instruction sets are the only ones in this crate that hold
//! `unsafe`: what is done with the masks is written once, in `driver`.
#![allow(clippy::inline_always, reason = "inlined into functions that have the instructions, or else calls per block")]

/// Gives a proof type its `get`: known at compile time, or asked once at run time with `std`.
#[cfg(target_arch = "x86_64")]
macro_rules! detect {
    ($vector:ident, $($feature:tt),*) => {
        impl $vector {
            /// The proof, where the processor has the features.
            #[inline]
            pub(super) fn get() -> Option<Self> {
                if cfg!(all($(target_feature = $feature),*)) {
                    return Some(Self(()));
                }
                #[cfg(feature = "std")]
                {
                    use core::sync::atomic::{AtomicU8, Ordering};
                    // 0: not asked yet, 1: no, 2: yes. The answer never changes, so that no order is needed.
                    static KNOWN: AtomicU8 = AtomicU8::new(0);
                    #[cold]
                    fn ask() -> u8 {
                        let known = 1 + u8::from(true $(&& std::is_x86_feature_detected!($feature))*);
                        KNOWN.store(known, Ordering::Relaxed);
                        known
                    }
                    let known = KNOWN.load(Ordering::Relaxed);
                    if (if known == 0 { ask() } else { known }) == 2 {
                        return Some(Self(()));
                    }
                }
                None
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
use detect;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod driver;
#[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

pub(crate) use driver::{BLOCK, Carry, PAIRS};

use crate::work;

/// One of the instruction sets, with the proof that it is there.
#[derive(Clone, Copy, Debug)]
enum Chosen {
    Portable(portable::Portable),
    #[cfg(target_arch = "x86_64")]
    Sse2(sse2::Sse2),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
    Neon(neon::Neon),
}

/// Calls a function of the instruction set that was chosen.
macro_rules! call {
    ($chosen:expr, $function:ident($($argument:expr),*)) => {
        match $chosen {
            Chosen::Portable(vector) => vector.$function($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Chosen::Sse2(vector) => vector.$function($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx2(vector) => vector.$function($($argument),*),
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx512(vector) => vector.$function($($argument),*),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Chosen::Neon(vector) => vector.$function($($argument),*),
        }
    };
}

impl Chosen {
    /// The fastest that is there.
    #[inline(always)]
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(vector) = avx512::Avx512::get() {
                return Self::Avx512(vector);
            }
            if let Some(vector) = avx2::Avx2::get() {
                return Self::Avx2(vector);
            }
            if let Some(vector) = sse2::Sse2::get() {
                return Self::Sse2(vector);
            }
        }
        #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
        if let Some(vector) = neon::Neon::get() {
            return Self::Neon(vector);
        }
        Self::Portable(portable::Portable)
    }

    fn of(isa: Isa) -> Option<Self> {
        match isa {
            Isa::Portable => Some(Self::Portable(portable::Portable)),
            #[cfg(target_arch = "x86_64")]
            Isa::Sse2 => sse2::Sse2::get().map(Self::Sse2),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::Avx2::get().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512::Avx512::get().map(Self::Avx512),
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Isa::Neon => neon::Neon::get().map(Self::Neon),
            #[allow(unreachable_patterns, reason = "depends on the target")]
            _ => None,
        }
    }
}

/// Marks from some position on; the answer is how many bytes were looked at. See [`driver::scan`].
#[inline]
pub(crate) fn scan(bytes: &[u8], base: u16, searching: &mut bool, marks: &mut [u16], count: &mut usize) -> usize {
    let looked_at = call!(Chosen::best(), scan(bytes, base, searching, marks, count));
    work::looked_at(looked_at);
    looked_at
}

/// Marks that can be those of blank lines. See [`driver::close`].
#[inline]
pub(crate) fn close(marks: &[u16], from: usize, count: usize, ends: &mut [u16]) -> usize {
    call!(Chosen::best(), close(marks, from, count, ends))
}

/// Where messages end. See [`driver::ends`].
#[inline]
pub(crate) fn ends(bytes: &[u8], carry: &mut Carry, found: &mut [u16]) -> (usize, usize) {
    let (count, looked_at) = call!(Chosen::best(), ends(bytes, carry, found));
    work::looked_at(looked_at);
    (count, looked_at)
}

/// Whether a message has no defect but perhaps one of its kind. See [`driver::plain`].
#[inline]
pub(crate) fn plain(bytes: &[u8]) -> bool {
    work::looked_at(bytes.len());
    call!(Chosen::best(), plain(bytes))
}

/// How many bytes are control bytes or above 0x7E. See [`driver::unusual_in`].
#[inline]
pub(crate) fn unusual(bytes: &[u8]) -> usize {
    work::looked_at(bytes.len());
    call!(Chosen::best(), unusual_in(bytes))
}

/// Calls a function of the driver with what every processor of the target has: there is no choice at run time and no
/// call, which is best for what takes a few instructions.
macro_rules! inlined {
    ($function:ident($($argument:expr),*)) => {'inlined: {
        #[cfg(target_arch = "x86_64")]
        if let Some(vector) = sse2::Sse2::get() {
            break 'inlined driver::$function(vector, $($argument),*);
        }
        #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
        if let Some(vector) = neon::Neon::get() {
            break 'inlined driver::$function(vector, $($argument),*);
        }
        driver::$function(portable::Portable, $($argument),*)
    }};
}

/// Where the first LF is. For lines that are expected to be short.
#[inline]
pub(crate) fn line_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.first_chunk().map_or(driver::BLOCK, |block| inlined!(line_end(block)));
    work::looked_at(driver::BLOCK);
    if end < driver::BLOCK { Some(end) } else { work::memchr(b'\n', bytes) }
}

/// The marks in the first block of bytes. See [`driver::block`].
#[inline]
pub(crate) fn block(bytes: &[u8], searching: bool) -> (u64, bool) {
    work::looked_at(bytes.len().min(driver::BLOCK));
    inlined!(block(bytes, searching))
}

/// An instruction set that the index can run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// Plain 64-bit arithmetic.
    Portable,
    /// SSE2, which every x86-64 has.
    Sse2,
    /// AVX2 with BMI 1 and 2.
    Avx2,
    /// AVX-512 with BW, VL and VBMI2.
    Avx512,
    /// NEON, which every aarch64 has.
    Neon,
}

impl Isa {
    /// All that the index knows.
    pub const ALL: [Self; 5] = [Self::Portable, Self::Sse2, Self::Avx2, Self::Avx512, Self::Neon];

    /// Whether it can be used here: the processor has it, and the crate knows that it has.
    pub fn is_available(self) -> bool {
        Chosen::of(self).is_some()
    }

    /// The one that the parser uses.
    pub fn best() -> Self {
        match Chosen::best() {
            Chosen::Portable(_) => Self::Portable,
            #[cfg(target_arch = "x86_64")]
            Chosen::Sse2(_) => Self::Sse2,
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx2(_) => Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Chosen::Avx512(_) => Self::Avx512,
            #[cfg(all(target_arch = "aarch64", target_feature = "neon", target_endian = "little"))]
            Chosen::Neon(_) => Self::Neon,
        }
    }
}

/// How far [`Scanner::fill`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// How many marks were written.
    pub marks: usize,
    /// How many bytes were looked at.
    pub bytes: usize,
}

/// Finds every LF and the first colon of every line in bytes that may come in pieces.
#[derive(Clone, Debug)]
pub struct Scanner {
    chosen: Chosen,
    /// Whether the line under way has had no colon yet.
    searching: bool,
}

impl Scanner {
    /// At the start of a line, with the fastest instruction set there is.
    pub fn new() -> Self {
        Self { chosen: Chosen::best(), searching: true }
    }

    /// At the start of a line, with this instruction set; `None` where it [can't be used](Isa::is_available).
    pub fn with(isa: Isa) -> Option<Self> {
        Some(Self { chosen: Chosen::of(isa)?, searching: true })
    }

    /// Writes the positions of line ends and first colons, in order and counted from the start of `bytes`, until
    /// there is room for less than 64 more, or 65,536 bytes were looked at, or all were. Go on with the bytes behind.
    ///
    /// What stands in `marks` behind those that were written is of no meaning.
    pub fn fill(&mut self, bytes: &[u8], marks: &mut [u16]) -> Filled {
        let (marks, bytes) = call!(self.chosen, fill(bytes, &mut self.searching, marks));
        Filled { marks, bytes }
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
pub(crate) mod tests;
