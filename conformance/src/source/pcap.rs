//! Packet captures: pcap and pcapng, of every link that AMI is captured on.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::defrag::{IpDefragPayloadVec, IpDefragPool};
use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, NetSlice, SlicedPacket, TcpSlice, TransportSlice};
use pcap_parser::traits::PcapNGPacketBlock as _;
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
    let mut packets = Packets { assembler: Assembler::default(), fragments: IpDefragPool::new(), count: 0 };
    let result = packets.read(input, sink);
    let found = packets.assembler.finish(sink);
    result?;
    if found == 0 && packets.count > 0 {
        return Err("there is no AMI connection in this packet capture".to_owned());
    }
    Ok(())
}

struct Packets {
    assembler: Assembler,
    fragments: IpDefragPool<u64, ()>,
    count: u64,
}

impl Packets {
    fn read(&mut self, input: impl Read + Send, sink: &mut impl Sink) -> Result<(), String> {
        let mut reader = create_reader(BLOCK, input).map_err(|error| reason(&error))?;
        let mut interfaces: Vec<Interface> = Vec::new();
        let mut capacity = BLOCK;
        loop {
            // A block without length would be met again and again.
            let damaged = || Err("the packet capture is damaged".to_owned());
            let length = match reader.next() {
                Ok((0, _)) => return damaged(),
                Ok((length, block)) => {
                    self.block(block, &mut interfaces, sink);
                    Some(length)
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::UnexpectedEof | PcapError::Incomplete(_) | PcapError::BufferTooSmall) => None,
                Err(error) => return Err(reason(&error)),
            };
            if let Some(length) = length {
                reader.consume(length);
                continue;
            }
            if reader.reader_exhausted() {
                let cut = Err(reason::<&[u8]>(&PcapError::UnexpectedEof));
                return if reader.data().is_empty() { Ok(()) } else { cut };
            }
            if reader.data().len() * 2 >= capacity {
                capacity *= 2;
                if capacity > LONGEST || !reader.grow(capacity) {
                    return damaged();
                }
            }
            reader.refill().map_err(|error| reason(&error))?;
        }
    }

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
    /// Takes off the headers of links that are no more than a type.
    fn of(link: Linktype, data: &[u8]) -> Option<(Self, &[u8])> {
        /// Raw IP, as some systems number it.
        const RAW: [i32; 5] = [12, 14, 101, 228, 229];
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
            Linktype(number) if RAW.contains(&number) => Some((Self::Ip, data)),
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

fn reason<I>(error: &PcapError<I>) -> String {
    match error {
        PcapError::Eof | PcapError::UnexpectedEof | PcapError::Incomplete(_) => {
            "the packet capture ends inside a packet".to_owned()
        }
        PcapError::ReadError => "the packet capture cannot be read to its end".to_owned(),
        _ => "the packet capture is damaged".to_owned(),
    }
}
