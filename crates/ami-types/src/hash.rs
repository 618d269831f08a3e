// The hash behind the look-up of events and actions by name. The code generator includes this file, so that it
// lays the tables out with the very function that reads them.

/// Mixes the first and last bytes of a name, letters in lower case, with its length.
///
/// Sixteen bytes at the start and eight at the end tell all names of the schema apart; the generator checks it. Setting bit 5 makes ASCII
/// letters lower case; what it does to other bytes does not matter, because whoever asks compares the name afterwards.
#[inline]
pub(crate) fn hash(name: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let (first, last) = if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)))
    } else {
        (name.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)), 0)
    };
    let second = name.get(8..).and_then(<[u8]>::first_chunk::<8>).map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let mixed = (first | CASE).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (last | CASE).wrapping_mul(0xc2b2_ae3d_27d4_eb4f)
        ^ (second | CASE).wrapping_mul(0xff51_afd7_ed55_8ccd)
        ^ (name.len() as u64).wrapping_mul(0x1656_67b1_9e37_79f9);
    mixed ^ mixed >> 29
}

/// Where in a table of a power of two of places a name is, given the displacement of its bucket.
#[inline]
pub(crate) fn place(hash: u64, displacement: u16, mask: usize) -> usize {
    (hash.wrapping_add(u64::from(displacement).wrapping_mul(hash >> 32 | 1)) >> 7) as usize & mask
}

/// The bucket of a name.
#[inline]
pub(crate) fn bucket(hash: u64, mask: usize) -> usize {
    (hash >> 48) as usize & mask
}
