//! AVX-512 with VBMI2, which writes the positions of a whole block at once.
#![allow(unsafe_code)]
#![allow(clippy::cast_ptr_alignment, reason = "the loads and stores need no alignment")]

use core::arch::x86_64::{
    __m256i, __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_cvtepu8_epi16, _mm256_set1_epi16,
    _mm256_storeu_si256, _mm512_add_epi16, _mm512_castsi512_si128, _mm512_castsi512_si256, _mm512_cmpeq_epi8_mask,
    _mm512_cmplt_epi8_mask, _mm512_cmplt_epu16_mask, _mm512_cvtepu8_epi16, _mm512_extracti64x4_epi64,
    _mm512_loadu_si512, _mm512_maskz_compress_epi8, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_storeu_si512,
    _mm512_sub_epi16,
};

use super::driver::{AHEAD, BLOCK, PAIRS, Vector, entry_points};

/// The proof that the processor has AVX-512 F, BW, VL and VBMI2, BMI 1, BMI 2, LZCNT and POPCNT.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

super::detect!(Avx512, "avx512f", "avx512bw", "avx512vl", "avx512vbmi2", "avx2", "bmi1", "bmi2", "lzcnt", "popcnt");

/// 0, 1, 2 … 63.
static PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut index = 0;
    while index < BLOCK {
        places[index] = index as u8;
        index += 1;
    }
    places
};

impl Vector for Avx512 {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        // SAFETY: AVX-512 F and BW are there, as `self` proves; the load reads the 64 bytes of `block` and needs no
        // alignment.
        unsafe {
            let vector = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            _mm512_cmpeq_epi8_mask(vector, _mm512_set1_epi8(byte.cast_signed()))
        }
    }

    #[inline(always)]
    fn close(self, marks: &[u16; PAIRS]) -> u64 {
        // SAFETY: AVX-512 F and BW are there, as `self` proves; the four loads read 32 marks each, the last of them up to
        // the last of the 65, and need no alignment.
        unsafe {
            let from = marks.as_ptr();
            let near = |at: usize| {
                let one = _mm512_loadu_si512(from.add(at).cast::<__m512i>());
                let next = _mm512_loadu_si512(from.add(at + 1).cast::<__m512i>());
                u64::from(_mm512_cmplt_epu16_mask(_mm512_sub_epi16(next, one), _mm512_set1_epi16(3)))
            };
            near(0) | near(32) << 32
        }
    }

    #[inline(always)]
    fn write(self, marks: u64, base: u16, out: &mut [u16; BLOCK]) {
        let base = base.cast_signed();
        // SAFETY: AVX-512 F, BW, VL and VBMI2 are there, as `self` proves. The load reads the 64 bytes of `PLACES`;
        // `out` has room for 64 positions: one store writes the first 16 of them, the other two 32 each.
        unsafe {
            let all = _mm512_loadu_si512(PLACES.as_ptr().cast::<__m512i>());
            let places = _mm512_maskz_compress_epi8(marks, all);
            if marks.count_ones() <= 16 {
                let wide = _mm256_cvtepu8_epi16(_mm512_castsi512_si128(places));
                let sums = _mm256_add_epi16(wide, _mm256_set1_epi16(base));
                _mm256_storeu_si256(out.as_mut_ptr().cast::<__m256i>(), sums);
            } else {
                let base = _mm512_set1_epi16(base);
                let low = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(places));
                let high = _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(places));
                let to = out.as_mut_ptr().cast::<__m512i>();
                _mm512_storeu_si512(to, _mm512_add_epi16(low, base));
                _mm512_storeu_si512(to.add(1), _mm512_add_epi16(high, base));
            }
        }
    }

    #[inline(always)]
    fn ahead(self, block: &[u8; BLOCK]) {
        // SAFETY: SSE is there, as `self` proves; a prefetch reads nothing that the program could see, and does nothing where
        // there is no memory at the address, which is only computed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD).cast::<i8>()) }
    }

    #[inline(always)]
    fn unusual(self, block: &[u8; BLOCK]) -> u64 {
        // SAFETY: AVX-512 F and BW are there, as `self` proves; the load reads the 64 bytes of `block` and needs no
        // alignment.
        unsafe {
            let vector = _mm512_loadu_si512(block.as_ptr().cast::<__m512i>());
            _mm512_cmplt_epi8_mask(vector, _mm512_set1_epi8(0x20))
                | _mm512_cmpeq_epi8_mask(vector, _mm512_set1_epi8(0x7f))
        }
    }
}

entry_points!(Avx512, "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt");
