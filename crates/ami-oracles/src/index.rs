//! Laws of the structural index.

use ami_wire::index::{Isa, Scanner};

/// Where lines end and where keys end, found byte by byte.
fn naive(bytes: &[u8]) -> Vec<usize> {
    let mut searching = true;
    let mut marks = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' || (*byte == b':' && searching) {
            marks.push(at);
            searching = *byte == b'\n';
        }
    }
    marks
}

/// Marks of bytes that come in pieces, with room for so many marks at once.
fn scanned(mut scanner: Scanner, bytes: &[u8], room: usize, mut size: impl FnMut() -> usize) -> Vec<usize> {
    let mut marks = vec![0; room];
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = bytes.len().min(at + size().max(1));
        let filled = scanner.fill(&bytes[at..end], &mut marks);
        assert!(filled.bytes > 0, "room for a block is progress");
        found.extend(marks[..filled.marks].iter().map(|mark| at + usize::from(*mark)));
        at += filled.bytes;
    }
    found
}

/// Every instruction set that is here finds what a search byte by byte finds, at any alignment, with any room and in
/// any pieces. The first three bytes are alignment, room and the size of the pieces.
pub fn index(input: &[u8]) {
    let Some(([alignment, room, size], bytes)) = input.split_first_chunk() else { return };
    let expected = naive(bytes);
    // A block may begin at every address.
    let mut shifted = vec![0; usize::from(alignment % 64)];
    shifted.extend_from_slice(bytes);
    let shifted = &shifted[usize::from(alignment % 64)..];
    for isa in Isa::ALL {
        let Some(scanner) = Scanner::with(isa) else { continue };
        let room = 64 + usize::from(*room);
        let whole = scanned(scanner.clone(), shifted, room, || shifted.len());
        assert_eq!(whole, expected, "{isa:?}: {}", bytes.escape_ascii());
        let pieces = scanned(scanner, shifted, room, || usize::from(*size));
        assert_eq!(pieces, expected, "{isa:?} in pieces: {}", bytes.escape_ascii());
    }
}
