//! SSE2: on every x86-64, also without std.
#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment, reason = "the loads and stores need no alignment")]

use core::arch::x86_64::{
    __m128i, _MM_HINT_T0, _mm_cmpeq_epi8, _mm_cmpeq_epi16, _mm_cmplt_epi8, _mm_loadu_si128, _mm_movemask_epi8,
    _mm_packs_epi16, _mm_prefetch, _mm_set1_epi8, _mm_set1_epi16, _mm_setzero_si128, _mm_sub_epi16, _mm_subs_epu16,
};

use super::driver::{AHEAD, BLOCK, PAIRS, Vector, entry_points};

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
    fn close(self, marks: &[u16; PAIRS]) -> u64 {
        let from = marks.as_ptr();
        // SAFETY: SSE2 is there, as `self` proves; the loads read 8 marks each, the last of them up to the last of the
        // 65, and need no alignment.
        let near = |at: usize| unsafe {
            let one = _mm_loadu_si128(from.add(at).cast::<__m128i>());
            let next = _mm_loadu_si128(from.add(at + 1).cast::<__m128i>());
            // What is above two is more than nothing when two is taken away from it.
            let above = _mm_subs_epu16(_mm_sub_epi16(next, one), _mm_set1_epi16(2));
            _mm_cmpeq_epi16(above, _mm_setzero_si128())
        };
        // SAFETY: SSE2 is there, as `self` proves.
        let both = |at: usize| unsafe {
            u64::from(_mm_movemask_epi8(_mm_packs_epi16(near(at), near(at + 8))).cast_unsigned())
        };
        both(0) | both(16) << 16 | both(32) << 32 | both(48) << 48
    }

    #[inline(always)]
    fn ahead(self, block: &[u8; BLOCK]) {
        // SAFETY: SSE is there, as `self` proves; a prefetch reads nothing that the program could see, and does nothing where
        // there is no memory at the address, which is only computed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast::<i8>()) }
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
