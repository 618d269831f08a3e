//! What is done with the masks of a block, written once for all instruction sets.
//!
//! Everything here is inlined into the entry points of each instruction set, so that the compiler may use its
//! instructions for all of it.

/// Bytes in a block: as many as a mask has bits.
pub(crate) const BLOCK: usize = 64;

/// The bytes that one call of [`fill`] looks at: as many as positions of 16 bits can tell apart.
pub(super) const WINDOW: usize = 1 << 16;

/// How far ahead of the block at hand bytes are asked for. The index is faster than the memory behind the second cache, and
/// what the processor fetches by itself comes late; this far the answer is there in time, and what was fetched is still
/// there when it is looked at.
#[cfg(target_arch = "x86_64")]
pub(super) const AHEAD: usize = 2048;

/// What an instruction set does.
pub(super) trait Vector: Copy {
    /// Which bytes of the block are `byte`: bit `i` for byte `i`.
    fn equal(self, block: &[u8; BLOCK], byte: u8) -> u64;

    /// Which bytes of the block are control bytes or above 0x7E.
    fn unusual(self, block: &[u8; BLOCK]) -> u64;

    /// Which of the marks are less than three bytes behind the one before: bit `i` for the one at `i + 1`.
    #[inline(always)]
    fn close(self, marks: &[u16; PAIRS]) -> u64 {
        let pairs = marks.iter().zip(marks.iter().skip(1));
        pairs.rev().fold(0, |mask, (one, next)| mask << 1 | u64::from(next.wrapping_sub(*one) < 3))
    }

    /// Writes `base + i` for every bit `i` of `marks`, in order. Of what is behind them in `out` nothing is promised.
    #[inline(always)]
    fn write(self, mut marks: u64, base: u16, out: &mut [u16; BLOCK]) {
        // A group at a time, whether there are as many or not, costs less than asking for each. Few blocks have more
        // than eight.
        for group in out.chunks_exact_mut(8) {
            for position in group {
                *position = base.wrapping_add(marks.trailing_zeros() as u16);
                marks &= marks.wrapping_sub(1);
            }
            if marks == 0 {
                break;
            }
        }
    }

    /// Asks the memory for bytes behind this block that will be looked at soon, whatever is there.
    #[inline(always)]
    fn ahead(self, block: &[u8; BLOCK]) {
        _ = block;
    }

    /// The same where there are hardly ever more than one.
    #[inline(always)]
    fn write_few(self, mut marks: u64, base: u16, out: &mut [u16; BLOCK]) {
        for position in out {
            *position = base.wrapping_add(marks.trailing_zeros() as u16);
            marks &= marks.wrapping_sub(1);
            if marks == 0 {
                break;
            }
        }
    }
}

/// The block that starts at `from`, and by how much masks of it are to be shifted. Where less than a block is left, it is
/// the last block of `bytes`, which overlaps; or, where there is none, what is left in `room`, with zeros behind.
#[inline(always)]
fn block_at<'a>(bytes: &'a [u8], from: usize, room: &'a mut [u8; BLOCK]) -> (&'a [u8; BLOCK], usize) {
    let rest = bytes.get(from..).unwrap_or_default();
    if let Some(block) = rest.first_chunk::<BLOCK>() {
        return (block, 0);
    }
    if let Some(last) = bytes.last_chunk::<BLOCK>() {
        // Looking at some bytes again costs less than copying the others. 0 < what is left < 64.
        return (last, BLOCK - rest.len());
    }
    for (to, byte) in room.iter_mut().zip(rest) {
        *to = *byte;
    }
    (room, 0)
}

/// The block that starts at `from`, or what there is of it, moved to the front of a block; `take` looks at a block.
///
/// The answers of `take` are right for the bytes that are there. Bits behind them are zero where the block is whole
/// but overlaps, and otherwise tell of bytes that are zero.
#[inline(always)]
fn partial<const N: usize>(bytes: &[u8], from: usize, take: impl Fn(&[u8; BLOCK]) -> [u64; N]) -> [u64; N] {
    let mut room = [0; BLOCK];
    let (block, shift) = block_at(bytes, from, &mut room);
    let mut masks = take(block);
    for mask in &mut masks {
        *mask >>= shift;
    }
    masks
}

/// Writes the positions of every LF, and of the first colon of every line, into `marks`: blocks of `bytes` until
/// there is no room for another 64.
///
/// `carry` tells whether `bytes` continues a line that has had no colon yet (a new line included), and on return the
/// same for the bytes behind those that were looked at. Returns the number of marks, and of bytes looked at.
#[inline(always)]
pub(super) fn fill<V: Vector>(vector: V, bytes: &[u8], carry: &mut bool, marks: &mut [u16]) -> (usize, usize) {
    fill_from(vector, bytes.get(..WINDOW).unwrap_or(bytes), 0, carry, marks)
}

#[inline(always)]
fn fill_from<V: Vector>(vector: V, bytes: &[u8], base: u16, carry: &mut bool, marks: &mut [u16]) -> (usize, usize) {
    let take = |block: &[u8; BLOCK]| [vector.equal(block, b'\n'), vector.equal(block, b':')];
    let mut searching = u64::from(*carry);
    let (mut count, mut pos) = (0, 0);
    while let Some(room) = marks.get_mut(count..).and_then(|rest| rest.first_chunk_mut::<BLOCK>()) {
        let Some(block) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
            let length = bytes.len() - pos;
            if length > 0 {
                let [lf, colon] = partial(bytes, pos, take);
                let searched = !(lf | colon) & !(u64::MAX << length);
                let sum = searched + (lf << 1 | searching);
                let found = lf | (sum & colon);
                vector.write(found, base.wrapping_add(pos as u16), room);
                count += found.count_ones() as usize;
                pos = bytes.len();
                searching = sum >> length & 1;
            }
            break;
        };
        vector.ahead(block);
        let [lf, colon] = take(block);
        // A line start carries through the bytes that are neither and stops at the first that is; a carry out of the
        // top goes on in the next block, as does a line that starts there.
        let (sum, out) = (!(lf | colon)).overflowing_add(lf << 1 | searching);
        searching = u64::from(out) | lf >> 63;
        let found = lf | (sum & colon);
        vector.write(found, base.wrapping_add(pos as u16), room);
        count += found.count_ones() as usize;
        pos += BLOCK;
    }
    *carry = searching != 0;
    (count, pos)
}

/// Whether blank lines can begin in the bytes before: what the search for message ends carries from piece to piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carry {
    /// The last byte was an LF.
    pub(crate) lf: bool,
    /// The last byte was an LF, or a CR behind an LF.
    pub(crate) line_start: bool,
}

/// [`fill`], as a part of something larger: marks are written behind the first `count` of `marks`, which is moved on,
/// and `base` is added to all positions. With the bytes looked at it stays below 2^16.
#[inline(always)]
pub(super) fn scan<V: Vector>(
    vector: V,
    bytes: &[u8],
    base: u16,
    searching: &mut bool,
    marks: &mut [u16],
    count: &mut usize,
) -> usize {
    let bytes = bytes.get(..WINDOW - usize::from(base)).unwrap_or(bytes);
    let (written, looked_at) = fill_from(vector, bytes, base, searching, marks.get_mut(*count..).unwrap_or_default());
    *count += written;
    looked_at
}

/// Writes into `ends` which of the first `count` of `marks`, from the one at `from` on, have another less than three
/// bytes before them: only those can be the LF of a blank line. Returns how many there are, or as many as there is room
/// for.
#[inline(always)]
pub(super) fn close<V: Vector>(vector: V, marks: &[u16], from: usize, count: usize, ends: &mut [u16]) -> usize {
    let (mut written, mut at) = (0, from.max(1));
    while at < count
        && let Some(some) = marks.get(at - 1..).and_then(|rest| rest.first_chunk::<PAIRS>())
        && let Some(room) = ends.get_mut(written..).and_then(|rest| rest.first_chunk_mut::<BLOCK>())
    {
        let left = count - at;
        let there = if left < BLOCK { !(u64::MAX << left) } else { u64::MAX };
        let found = vector.close(some) & there;
        vector.write_few(found, at as u16, room);
        written += found.count_ones() as usize;
        at += BLOCK;
    }
    written
}

/// What [`Vector::close`] looks at: a block of pairs of neighbours.
pub(crate) const PAIRS: usize = BLOCK + 1;

/// The marks among the first 64 of `bytes`, or of as many as there are; `searching` as for [`fill`].
#[inline(always)]
pub(super) fn block<V: Vector>(vector: V, bytes: &[u8], searching: bool) -> (u64, bool) {
    let take = |block: &[u8; BLOCK]| [vector.equal(block, b'\n'), vector.equal(block, b':')];
    let searching = u64::from(searching);
    let Some(block) = bytes.first_chunk::<BLOCK>() else {
        let [lf, colon] = partial(bytes, 0, take);
        let (sum, _) = (!(lf | colon)).overflowing_add(lf << 1 | searching);
        return (lf | (sum & colon), false);
    };
    let [lf, colon] = take(block);
    let (sum, out) = (!(lf | colon)).overflowing_add(lf << 1 | searching);
    (lf | (sum & colon), out || lf >> 63 != 0)
}

/// Writes the position behind every blank line (LF LF, or LF CR LF) into `found`: blocks of `bytes` until there is no
/// room for another 64.
///
/// Returns how many there are, and how many bytes were looked at.
#[inline(always)]
pub(super) fn ends<V: Vector>(vector: V, bytes: &[u8], carry: &mut Carry, found: &mut [u16]) -> (usize, usize) {
    // One byte less, so that the position behind the last one can be told too.
    let bytes = bytes.get(..WINDOW - BLOCK).unwrap_or(bytes);
    let take = |block: &[u8; BLOCK]| [vector.equal(block, b'\n'), vector.equal(block, b'\r')];
    let (mut after_lf, mut after_start) = (u64::from(carry.lf), u64::from(carry.line_start));
    let (mut count, mut pos) = (0, 0);
    while let Some(room) = found.get_mut(count..).and_then(|rest| rest.first_chunk_mut::<BLOCK>()) {
        let Some(block) = bytes.get(pos..).and_then(|rest| rest.first_chunk::<BLOCK>()) else {
            let length = bytes.len() - pos;
            if length > 0 {
                let [lf, cr] = partial(bytes, pos, take);
                let start = lf | cr & (lf << 1 | after_lf);
                let blank = lf & (start << 1 | after_start);
                vector.write_few(blank, pos as u16 + 1, room);
                count += blank.count_ones() as usize;
                pos = bytes.len();
                (after_lf, after_start) = (lf >> (length - 1) & 1, start >> (length - 1) & 1);
            }
            break;
        };
        vector.ahead(block);
        let [lf, cr] = take(block);
        // Behind an LF, and a CR that follows it, an LF makes a blank line.
        let start = lf | cr & (lf << 1 | after_lf);
        let blank = lf & (start << 1 | after_start);
        vector.write_few(blank, pos as u16 + 1, room);
        count += blank.count_ones() as usize;
        pos += BLOCK;
        (after_lf, after_start) = (lf >> 63, start >> 63);
    }
    *carry = Carry { lf: after_lf != 0, line_start: after_start != 0 };
    (count, pos)
}

/// Where the first LF of the block is; 64 if it has none.
#[inline(always)]
pub(super) fn line_end<V: Vector>(vector: V, block: &[u8; BLOCK]) -> usize {
    vector.equal(block, b'\n').trailing_zeros() as usize
}

/// Whether `bytes` are lines of `Key: value` and a blank line at their end, all ended by CR LF, with keys and values of
/// printable ASCII and no blank in a key.
#[inline(always)]
pub(super) fn plain<V: Vector>(vector: V, bytes: &[u8]) -> bool {
    if !bytes.ends_with(b"\r\n\r\n") {
        return false;
    }
    // Of the byte before: it was an LF, a CR, a CR at the start of a line, a first colon. And whether a key goes on.
    let (mut after_lf, mut after_cr, mut after_blank, mut after_colon, mut searching) = (1, 0, 0, 0, 1);
    let mut pos = 0;
    while pos < bytes.len() {
        let length = (bytes.len() - pos).min(BLOCK);
        let mut room = [0; BLOCK];
        let (block, shift) = block_at(bytes, pos, &mut room);
        // No closure and no `map` stands between: what is not inlined is not compiled with the instructions.
        let (lf, cr) = (vector.equal(block, b'\n') >> shift, vector.equal(block, b'\r') >> shift);
        let (colon, space) = (vector.equal(block, b':') >> shift, vector.equal(block, b' ') >> shift);
        let unusual = vector.unusual(block) >> shift;
        let starts = lf << 1 | after_lf;
        let others = !(lf | colon);
        let (sum, out) = others.overflowing_add(lf << 1 | searching);
        // The addition clears what it passes: keys, and lines without colon.
        let keys = others & !sum;
        let first_colons = sum & colon;
        let blanks = starts & cr;
        let wrong = unusual & !(lf | cr)
            | lf ^ (cr << 1 | after_cr)
            | sum & lf & !(blanks << 1 | after_blank)
            | starts & colon
            | keys & space
            | (first_colons << 1 | after_colon) & !space;
        if wrong & (u64::MAX >> (BLOCK - length)) != 0 {
            return false;
        }
        after_lf = lf >> 63;
        after_cr = cr >> 63;
        after_blank = blanks >> 63;
        after_colon = first_colons >> 63;
        searching = u64::from(out) | lf >> 63;
        pos += BLOCK;
    }
    true
}

/// How many of `bytes` are control bytes or above 0x7E.
#[inline(always)]
pub(super) fn unusual_in<V: Vector>(vector: V, bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut count = 0;
    for block in blocks {
        count += vector.unusual(block).count_ones() as usize;
    }
    if rest.is_empty() {
        return count;
    }
    let mut room = [0; BLOCK];
    let (block, shift) = block_at(bytes, bytes.len() - rest.len(), &mut room);
    // Behind what there is, the room holds zeros.
    let there = u64::MAX >> (BLOCK - rest.len());
    count + (vector.unusual(block) >> shift & there).count_ones() as usize
}

/// The functions of an instruction set, with its instructions enabled.
macro_rules! entry_points {
    ($vector:ty $(, $features:literal)?) => {
        impl $vector {
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::fill`](crate::index::driver::fill).
                fill(bytes: &[u8], carry: &mut bool, marks: &mut [u16]) -> (usize, usize)
            }
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::ends`](crate::index::driver::ends).
                ends(
                    bytes: &[u8], carry: &mut crate::index::driver::Carry, found: &mut [u16]
                ) -> (usize, usize)
            }
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::scan`](crate::index::driver::scan).
                scan(
                    bytes: &[u8], base: u16, searching: &mut bool, marks: &mut [u16], count: &mut usize
                ) -> usize
            }
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::close`](crate::index::driver::close).
                close(marks: &[u16], from: usize, count: usize, ends: &mut [u16]) -> usize
            }
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::plain`](crate::index::driver::plain).
                plain(bytes: &[u8]) -> bool
            }
            entry_points! { @ $vector, ($($features)?),
                /// See [`driver::unusual_in`](crate::index::driver::unusual_in).
                unusual_in(bytes: &[u8]) -> usize
            }
        }
    };
    (@ $vector:ty, (), $(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty) => {
        $(#[$doc])*
        pub(super) fn $name(self, $($argument: $type),*) -> $result {
            crate::index::driver::$name(self, $($argument),*)
        }
    };
    (@ $vector:ty, ($features:literal), $(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) -> $result:ty) => {
        $(#[$doc])*
        #[inline]
        pub(super) fn $name(self, $($argument: $type),*) -> $result {
            #[target_feature(enable = $features)]
            fn enabled(vector: $vector, $($argument: $type),*) -> $result {
                crate::index::driver::$name(vector, $($argument),*)
            }
            // SAFETY: a value of this type exists only where the processor has these features.
            unsafe { enabled(self, $($argument),*) }
        }
    };
}
pub(super) use entry_points;
