//! AVX2, with the bit instructions that came with it.
#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment, reason = "the loads and stores need no alignment")]

use core::arch::x86_64::{
    __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_packs_epi16, _mm256_permute4x64_epi64, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_sub_epi16, _mm256_subs_epu16,
};

use super::driver::{AHEAD, BLOCK, PAIRS, Vector, entry_points};

/// The proof that the processor has AVX2, BMI 1, BMI 2, LZCNT and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

super::detect!(Avx2, "avx2", "bmi1", "bmi2", "lzcnt", "popcnt");

impl Vector for Avx2 {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        let (parts, _) = block.as_chunks::<32>();
        let mut mask = 0;
        for (index, part) in parts.iter().enumerate() {
            // SAFETY: AVX2 is there, as `self` proves; the load reads the 32 bytes of `part` and needs no alignment.
            let bits = unsafe {
                let vector = _mm256_loadu_si256(part.as_ptr().cast::<__m256i>());
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(vector, _mm256_set1_epi8(byte.cast_signed())))
            };
            mask |= u64::from(bits.cast_unsigned()) << (index * 32);
        }
        mask
    }

    #[inline(always)]
    fn close(self, marks: &[u16; PAIRS]) -> u64 {
        let from = marks.as_ptr();
        // SAFETY: AVX2 is there, as `self` proves; the loads read 16 marks each, the last of them up to the last of the
        // 65, and need no alignment.
        let near = |at: usize| unsafe {
            let one = _mm256_loadu_si256(from.add(at).cast::<__m256i>());
            let next = _mm256_loadu_si256(from.add(at + 1).cast::<__m256i>());
            // What is above two is more than nothing when two is taken away from it.
            let above = _mm256_subs_epu16(_mm256_sub_epi16(next, one), _mm256_set1_epi16(2));
            _mm256_cmpeq_epi16(above, _mm256_setzero_si256())
        };
        // SAFETY: AVX2 is there, as `self` proves.
        let both = |at: usize| unsafe {
            // Packing works on halves of vectors, which the permutation puts in order.
            let packed = _mm256_permute4x64_epi64::<0b1101_1000>(_mm256_packs_epi16(near(at), near(at + 16)));
            u64::from(_mm256_movemask_epi8(packed).cast_unsigned())
        };
        both(0) | both(32) << 32
    }

    #[inline(always)]
    fn ahead(self, block: &[u8; BLOCK]) {
        // SAFETY: SSE is there, as `self` proves; a prefetch reads nothing that the program could see, and does nothing where
        // there is no memory at the address, which is only computed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast::<i8>()) }
    }

    #[inline(always)]
    fn unusual(self, block: &[u8; BLOCK]) -> u64 {
        let (parts, _) = block.as_chunks::<32>();
        let mut mask = self.equal(block, 0x7f);
        for (index, part) in parts.iter().enumerate() {
            // SAFETY: as above.
            let bits = unsafe {
                let vector = _mm256_loadu_si256(part.as_ptr().cast::<__m256i>());
                _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), vector))
            };
            mask |= u64::from(bits.cast_unsigned()) << (index * 32);
        }
        mask
    }
}

entry_points!(Avx2, "avx2,bmi1,bmi2,lzcnt,popcnt");
