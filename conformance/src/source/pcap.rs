//! Packet captures: pcap and pcapng, of every link that AMI is captured on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::defrag::{IpDefragPayloadVec, IpDefragPool};
use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, NetSlice, SlicedPacket, TcpSlice, TransportSlice};
use pcap_parser::traits::{PcapNGPacketBlock as _, PcapReaderIterator};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::BLOCK;
use super::streams::Sink;
use super::tcp::{Assembler, Segment};

/// The longest packet record that is read; a longer one is damage.
const LONGEST: usize = 16 << 20;

/// How many packets on an incomplete IP packet is given up. Fragments of one packet follow each other closely.
const FRAGMENTS_WITHIN: u64 = 256;

/// Whether a file that begins like this is a packet capture.
pub(super) fn is_capture(head: &[u8]) -> bool {
    const MAGIC: [[u8; 4]; 6] = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0x34, 0xcd, 0xb2, 0xa1],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic))
}

/// How the packets of an interface are to be read.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Linktype,
    /// Parts of a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl Interface {
    fn time(self, ticks: u64) -> Duration {
        let resolution = self.resolution.max(1);
        let seconds = (ticks / resolution).saturating_add_signed(self.offset);
        let nanoseconds = u128::from(ticks % resolution) * 1_000_000_000 / u128::from(resolution);
        Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or_default())
    }
}

/// Reads a packet capture and hands the streams of its AMI connections on.
///
/// # Errors
///
/// Why it could not be read to its end. What came before was handed on.
pub(super) fn read(input: impl Read + Send, sink: &mut impl Sink) -> Result<(), String> {
    Capture::read(&mut Some(Capture::open(input)?), sink, |_| false)
}

/// A packet capture that is being read.
pub(super) struct Capture<'i> {
    reader: Box<dyn PcapReaderIterator + Send + 'i>,
    /// The size of the reader's buffer.
    capacity: usize,
    /// Bytes of the file before the block that is next.
    offset: u64,
    interfaces: Vec<Interface>,
    packets: Packets,
    /// Whether it cannot be read any further, although it goes on.
    is_damaged: bool,
}

impl<'i> Capture<'i> {
    pub(super) fn open(input: impl Read + Send + 'i) -> Result<Self, String> {
        let reader = create_reader(BLOCK, input).map_err(|error| reason(&error).to_owned())?;
        let packets = Packets {
            assembler: Assembler::default(),
            fragments: IpDefragPool::new(),
            count: 0,
            other: BTreeMap::new(),
        };
        Ok(Self { reader, capacity: BLOCK, offset: 0, interfaces: Vec::new(), packets, is_damaged: false })
    }

    /// Reads on until `is_full` says that the sink has enough. At the end of the capture it hands on what is known of the
    /// connections that have not ended, and leaves `None`.
    ///
    /// # Errors
    ///
    /// Why nothing more can be read.
    pub(super) fn read<S: Sink>(
        capture: &mut Option<Self>,
        sink: &mut S,
        is_full: impl Fn(&S) -> bool,
    ) -> Result<(), String> {
        while let Some(open) = capture
            && !is_full(sink)
        {
            let result = open.read_block(sink);
            open.is_damaged = result.is_err();
            if let Ok(true) = result {
                continue;
            }
            let found = capture.take().map_or(Ok(()), |capture| capture.finish(sink));
            return result.and(found);
        }
        Ok(())
    }

    /// Reads one block of the file at most; `false` at its end.
    fn read_block(&mut self, sink: &mut impl Sink) -> Result<bool, String> {
        let Self { reader, capacity, offset, interfaces, packets, .. } = self;
        let place = |packets: &Packets| format!("at byte {offset}, behind packet {}", packets.count);
        // A block without length would be met again and again.
        let damaged = |packets: &Packets| Err(format!("the packet capture is damaged {}", place(packets)));
        match reader.next() {
            Ok((0, _)) => return damaged(packets),
            Ok((length, block)) => {
                packets.block(block, interfaces, sink);
                reader.consume(length);
                *offset += length as u64;
                return Ok(true);
            }
            Err(PcapError::Eof) => return Ok(false),
            Err(PcapError::UnexpectedEof | PcapError::Incomplete(_) | PcapError::BufferTooSmall) => {}
            Err(error) => return Err(format!("{} {}", reason(&error), place(packets))),
        }
        if reader.reader_exhausted() {
            let cut = || Err(format!("{} {}", reason::<&[u8]>(&PcapError::UnexpectedEof), place(packets)));
            return if reader.data().is_empty() { Ok(false) } else { cut() };
        }
        if reader.data().len() * 2 >= *capacity {
            *capacity *= 2;
            if *capacity > LONGEST || !reader.grow(*capacity) {
                return damaged(packets);
            }
        }
        match reader.refill() {
            Ok(()) => Ok(true),
            Err(error) => Err(format!("{} {}", reason(&error), place(packets))),
        }
    }

    /// Nothing more comes: hands on what is known of the connections that have not ended.
    ///
    /// # Errors
    ///
    /// That there is no AMI in it.
    fn finish(mut self, sink: &mut impl Sink) -> Result<(), String> {
        let found = self.packets.assembler.finish(self.is_damaged, sink);
        if found > 0 || self.packets.count == 0 {
            return Ok(());
        }
        let mut why = "there is no AMI connection in this packet capture".to_owned();
        for (link, count) in &self.packets.other {
            let link = Linktype(*link);
            _ = write!(why, "; {count} of its {} packets are of a link that is not read: {link}", self.packets.count);
        }
        Err(why)
    }
}

struct Packets {
    assembler: Assembler,
    fragments: IpDefragPool<u64, ()>,
    count: u64,
    /// How many packets came over links that are not read, by the number of the link.
    other: BTreeMap<i32, u64>,
}

impl Packets {
    fn block(&mut self, block: PcapBlockOwned<'_>, interfaces: &mut Vec<Interface>, sink: &mut impl Sink) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                interfaces.clear();
                interfaces.push(Interface { link: header.network, resolution, offset: 0 });
            }
            PcapBlockOwned::Legacy(packet) => {
                let Some(interface) = interfaces.first().copied() else { return };
                let ticks = u64::from(packet.ts_sec) * interface.resolution + u64::from(packet.ts_usec);
                self.packet(interface.link, interface.time(ticks), packet.data, sink);
            }
            // Interfaces are numbered from 0 in every section.
            PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => interfaces.push(Interface {
                link: interface.linktype,
                resolution: interface.ts_resolution().unwrap_or(1_000_000),
                offset: interface.if_tsoffset,
            }),
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let Some(interface) = interfaces.get(packet.if_id as usize).copied() else { return };
                let ticks = (u64::from(packet.ts_high) << 32) | u64::from(packet.ts_low);
                self.packet(interface.link, interface.time(ticks), packet.packet_data(), sink);
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let Some(interface) = interfaces.first().copied() else { return };
                self.packet(interface.link, Duration::ZERO, packet.packet_data(), sink);
            }
            PcapBlockOwned::NG(_) => {}
        }
    }

    fn packet(&mut self, link: Linktype, time: Duration, data: &[u8], sink: &mut impl Sink) {
        self.count += 1;
        if self.count.is_multiple_of(FRAGMENTS_WITHIN) {
            let oldest = self.count.saturating_sub(FRAGMENTS_WITHIN);
            self.fragments.retain(|at| *at >= oldest);
        }
        if !Inside::knows(link) {
            *self.other.entry(link.0).or_default() += 1;
            return;
        }
        let Some((inside, data)) = Inside::of(link, data) else { return };
        let Some(packet) = inside.slice(data) else { return };
        let Some(addresses) = addresses(&packet) else { return };
        if packet.ip_payload().is_some_and(|payload| payload.fragmented) {
            if let Some(whole) = self.defragment(inside, data)
                && whole.ip_number == IpNumber::TCP
                && let Ok(tcp) = TcpSlice::from_slice(&whole.payload)
            {
                self.assembler.take(&segment(addresses, &tcp, time), sink);
            }
        } else if let Some(TransportSlice::Tcp(tcp)) = &packet.transport {
            self.assembler.take(&segment(addresses, tcp, time), sink);
        }
    }

    fn defragment(&mut self, inside: Inside, data: &[u8]) -> Option<IpDefragPayloadVec> {
        let packet = inside.slice_strictly(data)?;
        matches!(packet.net, Some(NetSlice::Ipv4(_) | NetSlice::Ipv6(_))).then_some(())?;
        self.fragments.process_sliced_packet(&packet, self.count, ()).ok()?
    }
}

/// What the bytes behind a link's own header are.
#[derive(Clone, Copy, Debug)]
enum Inside {
    Ethernet,
    Typed(EtherType),
    Ip,
}

impl Inside {
    /// Raw IP, as some systems number it.
    const RAW: [i32; 5] = [12, 14, 101, 228, 229];

    /// Whether packets of this link can be read.
    fn knows(link: Linktype) -> bool {
        matches!(
            link,
            Linktype::ETHERNET | Linktype::NULL | Linktype::LOOP | Linktype::LINUX_SLL | Linktype::LINUX_SLL2
        ) || Self::RAW.contains(&link.0)
    }

    /// Takes off the headers of links that are no more than a type.
    fn of(link: Linktype, data: &[u8]) -> Option<(Self, &[u8])> {
        let typed = |at: usize, length: usize| {
            let kind = u16::from_be_bytes(data.get(at..at + 2)?.try_into().ok()?);
            Some((Self::Typed(EtherType(kind)), data.get(length..)?))
        };
        match link {
            Linktype::ETHERNET => Some((Self::Ethernet, data)),
            // The family of the address in the byte order of some machine; the IP header tells as well.
            Linktype::NULL | Linktype::LOOP => Some((Self::Ip, data.get(4..)?)),
            Linktype::LINUX_SLL => typed(14, 16),
            Linktype::LINUX_SLL2 => typed(0, 20),
            Linktype(number) if Self::RAW.contains(&number) => Some((Self::Ip, data)),
            _ => None,
        }
    }

    fn slice(self, data: &[u8]) -> Option<LaxSlicedPacket<'_>> {
        match self {
            Self::Ethernet => LaxSlicedPacket::from_ethernet(data).ok(),
            Self::Typed(kind) => Some(LaxSlicedPacket::from_ether_type(kind, data)),
            Self::Ip => LaxSlicedPacket::from_ip(data).ok(),
        }
    }

    fn slice_strictly(self, data: &[u8]) -> Option<SlicedPacket<'_>> {
        match self {
            Self::Ethernet => SlicedPacket::from_ethernet(data).ok(),
            Self::Typed(kind) => SlicedPacket::from_ether_type(kind, data).ok(),
            Self::Ip => SlicedPacket::from_ip(data).ok(),
        }
    }
}

fn addresses(packet: &LaxSlicedPacket<'_>) -> Option<[IpAddr; 2]> {
    match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => Some([ip.header().source_addr(), ip.header().destination_addr()].map(IpAddr::V4)),
        LaxNetSlice::Ipv6(ip) => Some([ip.header().source_addr(), ip.header().destination_addr()].map(IpAddr::V6)),
        LaxNetSlice::Arp(_) => None,
    }
}

fn segment<'a>([source, destination]: [IpAddr; 2], tcp: &TcpSlice<'a>, time: Duration) -> Segment<'a> {
    Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledged: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        payload: tcp.payload(),
        time,
    }
}

fn reason<I>(error: &PcapError<I>) -> &'static str {
    match error {
        PcapError::Eof | PcapError::UnexpectedEof | PcapError::Incomplete(_) => {
            "the packet capture ends inside a packet"
        }
        PcapError::ReadError => "the packet capture cannot be read to its end",
        _ => "the packet capture is damaged",
    }
}
