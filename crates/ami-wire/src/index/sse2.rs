//! SSE2: on every x86-64, also without std.
#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment, reason = "the loads and stores need no alignment")]

use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

use super::driver::{BLOCK, Vector, entry_points};

/// The proof that the processor has SSE2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sse2(());

impl Sse2 {
    /// SSE2 is part of x86-64.
    pub(super) const fn get() -> Option<Self> {
        if cfg!(target_feature = "sse2") { Some(Self(())) } else { None }
    }
}

impl Vector for Sse2 {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        let (parts, _) = block.as_chunks::<16>();
        let mut mask = 0;
        for (index, part) in parts.iter().enumerate() {
            // SAFETY: SSE2 is there, as `self` proves; the load reads the 16 bytes of `part` and needs no alignment.
            let bits = unsafe {
                let vector = _mm_loadu_si128(part.as_ptr().cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmpeq_epi8(vector, _mm_set1_epi8(byte.cast_signed())))
            };
            mask |= u64::from(bits.cast_unsigned()) << (index * 16);
        }
        mask
    }

    #[inline(always)]
    fn unusual(self, block: &[u8; BLOCK]) -> u64 {
        let (parts, _) = block.as_chunks::<16>();
        let mut mask = self.equal(block, 0x7f);
        for (index, part) in parts.iter().enumerate() {
            // SAFETY: as above.
            let bits = unsafe {
                let vector = _mm_loadu_si128(part.as_ptr().cast::<__m128i>());
                _mm_movemask_epi8(_mm_cmplt_epi8(vector, _mm_set1_epi8(0x20)))
            };
            mask |= u64::from(bits.cast_unsigned()) << (index * 16);
        }
        mask
    }
}

entry_points!(Sse2, "sse2");
