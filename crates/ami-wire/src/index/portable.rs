//! 64-bit arithmetic: for every processor, and the oracle for the others.

use super::driver::{BLOCK, Vector, entry_points};

/// Plain arithmetic on words of eight bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const HIGH: u64 = 0x8080_8080_8080_8080;
const ONES: u64 = 0x0101_0101_0101_0101;

impl Vector for Portable {
    #[inline(always)]
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64 {
        let wanted = ONES * u64::from(byte);
        let mut mask = 0;
        let (words, _) = block.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let differs = u64::from_le_bytes(*word) ^ wanted;
            // The top bit of each byte that is zero, exactly: no carry crosses from byte to byte.
            let equal = !(((differs & LOW) + LOW) | differs) & HIGH;
            mask |= gather(equal) << (index * 8);
        }
        mask
    }

    #[inline(always)]
    fn unusual(self, block: &[u8; BLOCK]) -> u64 {
        let mut mask = self.equal(block, 0x7f);
        let (words, _) = block.as_chunks::<8>();
        for (index, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            // The top bit of each byte of the sum tells that the lower seven are 0x20 at least.
            let sum = (word & LOW) + ONES * 0x60;
            mask |= gather((word | !sum) & HIGH) << (index * 8);
        }
        mask
    }
}

entry_points!(Portable);

/// The top bits of the eight bytes, side by side.
#[inline(always)]
const fn gather(tops: u64) -> u64 {
    // Every top bit is moved to a place of its own in the highest byte; no two products meet.
    (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
