//! NEON: on every aarch64.
#![allow(unsafe_code)]

use core::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vcltq_s8, vdupq_n_s8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vreinterpretq_s8_u8, vreinterpretq_u64_u8,
};

use super::driver::{BLOCK, Vector, entry_points};

/// The proof that the processor has NEON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neon(());

impl Neon {
    /// NEON is part of aarch64.
    pub(super) const fn get() -> Option<Self> {
        if cfg!(target_feature = "neon") { Some(Self(())) } else { None }
    }
}

/// The bit that each byte of a vector stands for, in a group of eight.
static BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Neon {
    /// The mask of four comparisons, each of 16 bytes.
    #[inline(always)]
    fn gather(self, compare: impl Fn(uint8x16_t) -> uint8x16_t, block: &[u8; BLOCK]) -> u64 {
        // SAFETY: NEON is there, as `self` proves; each load reads 16 bytes: of the 64 of `block`, and the 16 of `BITS`.
        unsafe {
            let bits = vld1q_u8(BITS.as_ptr());
            let part = |index: usize| vandq_u8(compare(vld1q_u8(block.as_ptr().add(index * 16))), bits);
            // Adding neighbours three times leaves one byte for eight: the mask in order.
            let halves = (vpaddq_u8(part(0), part(1)), vpaddq_u8(part(2), part(3)));
            let quarters = vpaddq_u8(halves.0, halves.1);
            let eighths = vpaddq_u8(quarters, quarters);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(eighths))
        }
    }
}

impl Vector for Neon {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        // SAFETY: NEON is there, as `self` proves.
        self.gather(|vector| unsafe { vceqq_u8(vector, vdupq_n_u8(byte)) }, block)
    }

    #[inline(always)]
    fn unusual(self, block: &[u8; BLOCK]) -> u64 {
        let compare = |vector| {
            // SAFETY: NEON is there, as `self` proves.
            unsafe {
                let below = vcltq_s8(vreinterpretq_s8_u8(vector), vdupq_n_s8(0x20));
                vorrq_u8(below, vceqq_u8(vector, vdupq_n_u8(0x7f)))
            }
        };
        self.gather(compare, block)
    }
}

entry_points!(Neon, "neon");
