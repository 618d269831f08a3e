//! NEON: on every aarch64.
#![allow(unsafe_code)]

use core::arch::aarch64::{vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vpaddq_u8, vreinterpretq_u64_u8};

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

impl Vector for Neon {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        // SAFETY: NEON is there, as `self` proves; each load reads 16 bytes: of the 64 of `block`, and the 16 of `BITS`.
        unsafe {
            let wanted = vdupq_n_u8(byte);
            let bits = vld1q_u8(BITS.as_ptr());
            let part = |index: usize| vandq_u8(vceqq_u8(vld1q_u8(block.as_ptr().add(index * 16)), wanted), bits);
            // Adding neighbours three times leaves one byte for eight: the mask in order.
            let halves = (vpaddq_u8(part(0), part(1)), vpaddq_u8(part(2), part(3)));
            let quarters = vpaddq_u8(halves.0, halves.1);
            let eighths = vpaddq_u8(quarters, quarters);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(eighths))
        }
    }
}

entry_points!(Neon, "neon");
