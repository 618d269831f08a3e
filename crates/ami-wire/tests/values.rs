//! The grammars of `ami_wire::values`: on every recorded value they are meant for, and as inverses of their `Display`.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use ami_wire::values::{
    Assignment, CallerId, ChannelName, DateTime, EpochTime, Half, KeyFamily, NtpTime, PeerAddress, Privileges,
    UniqueId, ValueError, assignments, boolean, hexadecimal, signed, socket_address, unsigned,
};
use ami_wire::{Header, Kind, Message};
use proptest::prelude::*;

/// Calls `look` with every header of every recorded message.
fn every_header(mut look: impl FnMut(&str, &Message<'_>, Header<'_>)) {
    for trace in common::traces() {
        for message in ami_wire::messages(&trace.bytes) {
            let message = message.unwrap();
            for header in message.headers() {
                look(&trace.name, &message, header);
            }
        }
    }
}

/// Every recorded value of these keys parses, but for `exceptions`; each exception does occur and does not parse.
fn all_parse(
    keys: &[&str],
    least: usize,
    exceptions: &[&str],
    mut parses: impl FnMut(&Message<'_>, &[u8]) -> Result<(), ValueError>,
) {
    let (mut count, mut seen) = (0, BTreeSet::new());
    let mut failures = BTreeMap::new();
    every_header(|trace, message, header| {
        if keys.iter().any(|key| header.key_is(key)) {
            let text = header.value.escape_ascii().to_string();
            match parses(message, header.value) {
                Ok(()) => count += 1,
                Err(_) if exceptions.contains(&text.as_str()) => {
                    seen.insert(text);
                }
                Err(error) => {
                    failures.entry(text).or_insert_with(|| format!("{trace}, byte {}: {error}", message.offset()));
                }
            }
        }
    });
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(count >= least, "only {count} values of {keys:?}");
    assert_eq!(seen, exceptions.iter().map(|&text| text.to_owned()).collect(), "exceptions that do not occur");
}

/// What was parsed, formatted again, is what was there.
fn same(value: &[u8], formatted: &impl ToString) {
    assert_eq!(formatted.to_string().as_bytes(), value);
}

/// The same for a result of parsing.
fn comes_back<T: ToString>(value: &[u8], parsed: Result<T, ValueError>) -> Result<(), ValueError> {
    parsed.map(|parsed| same(value, &parsed))
}

#[test]
fn privileges() {
    all_parse(&["Privilege"], 45_000, &[], |_, value| comes_back(value, Privileges::parse(value)));
}

#[test]
fn times() {
    all_parse(&["Timestamp"], 400, &[], |_, value| comes_back(value, EpochTime::parse(value)));
    all_parse(&["SentNTP"], 200, &[], |_, value| {
        let time = NtpTime::parse(value)?;
        let old = value.len() - memchr::memchr(b'.', value).unwrap() == 11;
        // That it comes back unchanged shows that the ten digits are whole microseconds in every release up to 11.
        same(value, &if old { time.legacy().to_string() } else { time.to_string() });
        Ok(())
    });
    let mut newest = i64::MIN;
    all_parse(&["EventTV", "SessionTV"], 200, &[], |_, value| {
        let time = DateTime::parse(value)?;
        newest = newest.max(time.to_epoch_millis().unwrap());
        same(value, &time);
        Ok(())
    });
    // The sessions were recorded on one day.
    assert_eq!(newest / 86_400_000, 1_795_516_800_000 / 86_400_000);
    all_parse(&["EventTime"], 8_000, &[], |_, value| comes_back(value, DateTime::parse(value)));
}

#[test]
fn epoch_milliseconds_agree_with_the_epoch_beside_them() {
    // Security events have no epoch, but RTCP, CEL and channel ids come from the same clock: a date that is
    // taken from its epoch by the calendar of the GNU C library.
    for (text, millis) in [
        ("1970-01-01T00:00:00.000+0000", 0),
        ("1969-12-31T23:59:59.999+0000", -1),
        ("2000-02-29T12:00:00.000+0000", 951_825_600_000),
        ("2000-03-01T00:00:00.000-0130", 951_874_200_000),
        ("2100-03-01T00:00:00.000+0000", 4_107_542_400_000),
        ("2026-11-24T10:40:00.890+0000", 1_795_516_800_890),
    ] {
        assert_eq!(DateTime::parse(text.as_bytes()).unwrap().to_epoch_millis(), Some(millis), "{text}");
    }
}

#[test]
fn addresses() {
    all_parse(&["LocalAddress", "RemoteAddress"], 200, &[], |_, value| comes_back(value, PeerAddress::parse(value)));
    // `From` and `To` mean something else in messages, transfers and diversion.
    let mut count = 0;
    every_header(|trace, message, header| {
        let rtcp = message.name().is_some_and(|name| name.starts_with(b"RTCP"));
        if rtcp && (header.key_is("From") || header.key_is("To")) {
            let address = socket_address(header.value).unwrap_or_else(|error| panic!("{trace}: {error}"));
            same(header.value, &address);
            count += 1;
        }
    });
    assert!(count > 150, "{count}");
}

#[test]
fn callers() {
    // Every value is a caller id; formatted it means the same.
    let (mut count, mut named) = (0, 0);
    every_header(|_, _, header| {
        if ["CallerID", "CallerID1", "CallerID2"].iter().any(|key| header.key_is(key)) {
            let caller = CallerId::parse(header.value);
            if core::str::from_utf8(header.value).is_ok() {
                assert_eq!(CallerId::parse(caller.to_string().as_bytes()), caller);
            }
            // Nothing is made up.
            for part in [caller.name, caller.number].into_iter().flatten() {
                assert!(memchr::memmem::find(header.value, part).is_some());
            }
            count += 1;
            named += usize::from(caller.name.is_some());
        }
    });
    assert!(count > 2_000 && named > 1_500, "{count}, {named} with a name");
}

/// Recorded forms, with what they mean.
#[test]
fn callers_of_every_form() {
    let table: [(&[u8], &[u8], &[u8]); 14] = [
        (br#""Kermit the Frog" <100>"#, b"Kermit the Frog", b"100"),
        (br#""" <>"#, b"", b""),
        (b"", b"", b""),
        (b"<unknown>", b"", b""),
        (b"<Unknown>", b"", b""),
        (b"100", b"", b"100"),
        (b"noangle", b"", b"noangle"),
        (br#""noangle" <>"#, b"noangle", b""),
        (b"J\xc3\xbcrgen \"x\" <+49 30/1>", b"J\xc3\xbcrgen \"x\"", b"+49 30/1"),
        (b"\"J\xfcrgen \\\"Q\\\" <b>\" <phone2>", b"J\xfcrgen \\\"Q\\\" <b>", b"phone2"),
        (br#""J\" <phone2>"#, br"J\", b"phone2"),
        (br#"" lead and trail " <phone2>"#, b" lead and trail ", b"phone2"),
        (br#""NNN""#, b"NNN", b""),
        (br#""NNN"#, b"NNN", b""),
    ];
    for (value, name, number) in table {
        let caller = CallerId::parse(value);
        let parts = (caller.name.unwrap_or(b""), caller.number.unwrap_or(b""));
        assert_eq!(parts, (name, number), "{}", value.escape_ascii());
    }
}

#[test]
fn channels() {
    let roles = [
        "Channel",
        "Channel1",
        "Channel2",
        "BridgedChannel",
        "DestChannel",
        "DestinationChannel",
        "LocalOneChannel",
        "LocalTwoChannel",
        "ParkeeChannel",
        "ParkerChannel",
        "RetrieverChannel",
        "TransfererChannel",
        "TransfereeChannel",
        "TargetChannel",
        "OrigTransfererChannel",
        "SecondTransfererChannel",
        "ExtraChannel",
    ];
    let exceptions = [
        // Events about a channel that is not there, or no longer.
        "",
        // `VarSet` of a global variable.
        "none",
        // What a client of 1.4 asked for to see an error, or a pattern of voicemail contexts.
        "/.*/",
        "bad",
        "loop",
        "y",
        "zz",
        // `AgentConnect` up to 11 has a channel's id in its `BridgedChannel`.
        "1795519537.70",
        "1795519663.69",
        "1795520254.74",
        "1795521088.70",
        "1795523636.70",
    ];
    let (mut halves, mut zombies, mut wrapped) = (0, 0, BTreeSet::new());
    all_parse(&roles, 40_000, &exceptions, |_, value| {
        let name = ChannelName::parse(value)?;
        halves += usize::from(name.half.is_some());
        zombies += usize::from(name.is_zombie());
        wrapped.extend(name.wrapper.map(<[u8]>::to_vec));
        let modern: Vec<u8> = match value {
            // 1.4 has a comma before the half.
            [name @ .., b',', half] => [name, b";", &[*half]].concat(),
            _ => value.to_vec(),
        };
        same(&modern, &name);
        Ok(())
    });
    assert!(halves > 5_000 && zombies > 40, "{halves} {zombies}");
    assert_eq!(wrapped, BTreeSet::from([b"AsyncGoto".to_vec(), b"Parked".to_vec()]));
}

#[test]
fn channels_that_run_have_a_serial() {
    let (mut count, mut without) = (0, BTreeSet::new());
    every_header(|_, message, header| {
        let event = message.kind() == Kind::Event && message.name() == Some(b"Newchannel") && header.key_is("Channel");
        if event && let Ok(name) = ChannelName::parse(header.value) {
            count += 1;
            if name.serial_number().is_none() {
                without.insert(header.value.escape_ascii().to_string());
            }
        }
    });
    assert_eq!(without, BTreeSet::new());
    assert!(count > 1_500, "{count}");
}

#[test]
fn unique_ids() {
    let roles = [
        "Uniqueid",
        "Uniqueid1",
        "Uniqueid2",
        "Linkedid",
        "DestUniqueid",
        "BridgedUniqueid",
        "LocalOneUniqueid",
        "LocalTwoUniqueid",
        "ParkeeUniqueid",
        "TransfererUniqueid",
        "TransfereeUniqueid",
        "SrcUniqueID",
    ];
    let exceptions = [
        // CEL of an event without a channel.
        "",
        // `OriginateResponse` of a call that failed: on 1.4, and later.
        "<null>",
        "<unknown>",
        // `VarSet` of a global variable.
        "none",
    ];
    let mut named = 0;
    all_parse(&roles, 50_000, &exceptions, |_, value| {
        let id = UniqueId::parse(value)?;
        named += usize::from(id.system.is_some());
        same(value, &id);
        Ok(())
    });
    assert!(named > 300, "{named}");
}

#[test]
fn variables() {
    // In actions, `Variable` is an assignment, or several; in `VarSet` and `Getvar` a name alone.
    let mut names = BTreeSet::new();
    every_header(|trace, message, header| {
        if message.name() != Some(b"Originate") || !header.key_is("Variable") {
            return;
        }
        let separator = if trace.starts_with("asterisk-1.4/") { b'|' } else { b',' };
        for one in assignments(header.value, separator) {
            let one = one.unwrap_or_else(|error| panic!("{trace}: {error}: {}", header.value.escape_ascii()));
            names.insert(String::from_utf8_lossy(one.name).into_owned());
        }
    });
    assert!(["MY_VAR", "HIDE"].iter().all(|name| names.contains(*name)), "{names:?}");
    assert!(!names.iter().any(|name| name.contains('|')), "{names:?}");

    let (mut count, mut none) = (0, 0);
    every_header(|trace, message, header| {
        let quality = message.get("Variable").is_some_and(|name| name.starts_with(b"RTPAUDIOQOS"));
        // A channel without RTP of its own.
        if quality && header.key_is("Value") && header.value == b"Not available" {
            none += 1;
        } else if quality && header.key_is("Value") {
            let cut = header.value.len() >= 255;
            for one in assignments(header.value, b';') {
                match one {
                    Ok(one) => assert!(one.name.is_ascii()),
                    // Asterisk keeps 255 bytes of it, whatever stands there.
                    Err(error) if cut => assert_eq!(error.position, header.value.len(), "{trace}"),
                    Err(error) => panic!("{trace}: {error}: {}", header.value.escape_ascii()),
                }
                count += 1;
            }
        }
    });
    assert!(count > 5_000 && none > 0, "{count}, {none}");
}

#[test]
fn booleans() {
    // Every key that has a boolean in some release and nothing else in any.
    let keys = [
        "100rel",
        "ACL",
        "Admin",
        "AggregateMwi",
        "AllowOverlap",
        "AllowSubscribe",
        "AllowTransfer",
        "Async",
        "AttachMessage",
        "AuthenticateQualify",
        "AutoComedia",
        "AutoForcerport",
        "Begin",
        "Bundle",
        "CallOperator",
        "CanReview",
        "Comedia",
        "CoreCDRenabled",
        "CoreHTTPenabled",
        "CoreRealTimeEnabled",
        "DeleteMessage",
        "DirectMedia",
        "Encryption",
        "End",
        "EndMarked",
        "ForceRport",
        "IceSupport",
        "IsExternal",
        "LocalOptimization",
        "MD5SecretExist",
        "MarkedUser",
        "MohPassthrough",
        "Muted",
        "Natsupport",
        "Paused",
        "Qualify2xxOnly",
        "ReadTranscode",
        "RealtimeDevice",
        "RemoteSecretExist",
        "RemoveExisting",
        "SIP-CanReinvite",
        "SIP-Comedia",
        "SIP-DirectMedia",
        "SIP-Encryption",
        "SIP-PromiscRedir",
        "SIP-T.38Support",
        "SIP-TextSupport",
        "SIP-Use-Reason-Header",
        "SIP-UserPhone",
        "SIP-VideoSupport",
        "SayCID",
        "SecretExist",
        "StirShaken",
        "SupportPath",
        "Talking",
        "TalkingStatus",
        "TextSupport",
        "Trunk",
        "UseAvpf",
        "VideoSupport",
        "WaitMarked",
        "Webrtc",
        "WriteTranscode",
    ];
    // `ACL` of a PJSIP endpoint is a list of names.
    all_parse(&keys, 1_800, &[""], |_, value| boolean(value).map(drop));
}

#[test]
fn numbers() {
    let unsigned_keys =
        ["ChannelState", "Priority", "ListItems", "BridgeNumChannels", "Report0HighestSequence", "SentPackets"];
    // The priority of a hint, in `ListDialplan`.
    all_parse(&unsigned_keys, 30_000, &["hint"], |_, value| comes_back(value, unsigned(value)));
    // Why a registration ended, in `PeerStatus`; everywhere else a number of Q.850.
    all_parse(&["Cause"], 1_000, &["Expired"], |_, value| comes_back(value, signed(value)));
    all_parse(&["Report0SourceSSRC", "SessionID"], 200, &[], |_, value| {
        let number = hexadecimal(value)?;
        // An SSRC has all its eight digits, a session id, an address in memory, as many as it needs.
        same(value, &if value.len() == 10 { format!("{number:#010x}") } else { format!("{number:#x}") });
        Ok(())
    });
}

#[test]
fn families() {
    let (mut stems, mut others) = (BTreeMap::new(), BTreeSet::new());
    every_header(|_, _, header| {
        let key = String::from_utf8_lossy(header.key).into_owned();
        match KeyFamily::parse(header.key) {
            Ok(family) => {
                same(header.key, &family);
                let stem = match family {
                    KeyFamily::Report { .. } => "Report".to_owned(),
                    KeyFamily::Indexed { stem, .. } => String::from_utf8_lossy(stem).into_owned(),
                    KeyFamily::Variable { role, .. } => format!("{}ChanVariable", String::from_utf8_lossy(role)),
                };
                *stems.entry(stem).or_insert(0) += 1;
            }
            Err(_) if key.contains("-0") || key.starts_with("Report0") || key.contains("ChanVariable") => {
                others.insert(key);
            }
            Err(_) => {}
        }
    });
    let expected =
        [("Action", 10), ("Cat", 10), ("Category", 68), ("Line", 869), ("Report", 8 * 169), ("Value", 4), ("Var", 4)];
    assert_eq!(stems, expected.map(|(stem, count)| (stem.to_owned(), count)).into());
    // Rows of command output with a channel name in front of a colon.
    others.retain(|key| !key.starts_with("SIP/"));
    assert_eq!(others, BTreeSet::new());
}

/// Bytes of a name in a value; no blank at an end.
fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.@+-]{1,12}"
}

const MARKS: &[&[u8]] = &[b"<ZOMBIE>", b"<MASQ>"];

proptest! {
    #[test]
    fn numbers_come_back(a in any::<u64>(), b in any::<i64>()) {
        prop_assert_eq!(unsigned(a.to_string().as_bytes()), Ok(a));
        prop_assert_eq!(signed(b.to_string().as_bytes()), Ok(b));
        prop_assert_eq!(hexadecimal(format!("{a:#x}").as_bytes()), Ok(a));
    }

    #[test]
    fn times_come_back(seconds in any::<u64>(), micros in 0..1_000_000_u32) {
        let epoch = EpochTime { seconds, micros };
        prop_assert_eq!(EpochTime::parse(epoch.to_string().as_bytes()), Ok(epoch));
        let ntp = NtpTime { seconds, micros };
        prop_assert_eq!(NtpTime::parse(ntp.to_string().as_bytes()), Ok(ntp));
        prop_assert_eq!(NtpTime::parse(ntp.legacy().to_string().as_bytes()), Ok(ntp));
    }

    #[test]
    fn dates_come_back(
        date in (0..10_000_u16, 1..=12_u8, 1..=28_u8),
        time in (0..24_u8, 0..60_u8, 0..=60_u8),
        millis in prop::option::of(0..1000_u16),
        offset in prop::option::of(-1439..=1439_i16),
    ) {
        let (year, month, day) = date;
        let (hour, minute, second) = time;
        let date = DateTime { year, month, day, hour, minute, second, millis, offset };
        prop_assert_eq!(DateTime::parse(date.to_string().as_bytes()), Ok(date));
    }

    #[test]
    fn the_calendar_has_no_gap(days in 0..40_000_i64) {
        // Counting days one by one, the naive way.
        let (mut year, mut month, mut day) = (1970_u16, 1_u8, 1_u8);
        for _ in 0..days {
            let text = |day: u8| format!("{year:04}-{month:02}-{day:02}T00:00:00.000+0000");
            if DateTime::parse(text(day + 1).as_bytes()).is_ok() {
                day += 1;
            } else if month < 12 {
                (month, day) = (month + 1, 1);
            } else {
                (year, month, day) = (year + 1, 1, 1);
            }
        }
        let text = format!("{year:04}-{month:02}-{day:02}T00:00:00.000+0000");
        let millis = DateTime::parse(text.as_bytes()).unwrap().to_epoch_millis();
        prop_assert_eq!(millis, Some(days * 86_400_000));
    }

    #[test]
    fn addresses_come_back(
        ip in any::<std::net::IpAddr>(), port in any::<u16>(), transport in "[A-Z]{2,3}", zone in "[a-z0-9]{1,6}",
    ) {
        let zone = ip.is_ipv6().then_some(zone);
        let address =
            PeerAddress { transport: transport.as_bytes(), ip, zone: zone.as_ref().map(String::as_bytes), port };
        let text = address.to_string();
        prop_assert_eq!(PeerAddress::parse(text.as_bytes()), Ok(address));
        let socket = address.socket();
        prop_assert_eq!(socket_address(socket.to_string().as_bytes()), Ok(socket));
    }

    #[test]
    fn callers_come_back(name in "\\PC{1,12}", number in "[^<>\\s\\p{C}]{1,12}") {
        let caller = CallerId { name: Some(name.as_bytes()), number: Some(number.as_bytes()) };
        let text = caller.to_string();
        prop_assert_eq!(CallerId::parse(text.as_bytes()), caller);
    }

    #[test]
    fn channels_come_back(
        wrapper in prop::option::of(prop::sample::select(&["AsyncGoto", "Parked", "Bridge", "Transfered", "Surrogate"])),
        technology in "[A-Z][A-Za-z0-9]{0,6}",
        peer in word(),
        serial in "[0-9a-f]{4,8}",
        half in prop::option::of(prop::sample::select(&[Half::One, Half::Two])),
        mark in prop::option::of(prop::sample::select(MARKS)),
    ) {
        let name = ChannelName {
            wrapper: wrapper.map(str::as_bytes),
            technology: technology.as_bytes(),
            peer: peer.as_bytes(),
            serial: Some(serial.as_bytes()),
            half,
            mark,
        };
        let text = name.to_string();
        prop_assert_eq!(ChannelName::parse(text.as_bytes()), Ok(name));
    }

    #[test]
    fn unique_ids_come_back(system in prop::option::of("[a-z0-9.-]{1,8}"), epoch in any::<u64>(), serial in any::<u64>()) {
        let id = UniqueId { system: system.as_ref().map(String::as_bytes), epoch, serial };
        let text = id.to_string();
        prop_assert_eq!(UniqueId::parse(text.as_bytes()), Ok(id));
    }

    #[test]
    fn assignments_come_back(pairs in prop::collection::vec(("[A-Za-z_]{1,6}", "[^|=]{0,6}"), 0..6)) {
        let text = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("|");
        let parsed: Result<Vec<Assignment<'_>>, _> = assignments(text.as_bytes(), b'|').collect();
        let parsed = parsed.unwrap();
        prop_assert_eq!(parsed.len(), pairs.len());
        for (one, (name, value)) in parsed.iter().zip(&pairs) {
            prop_assert_eq!((one.name, one.value), (name.as_bytes(), value.as_bytes()));
        }
    }

    #[test]
    fn privileges_come_back(classes in prop::collection::vec("[a-z]{1,8}", 1..6)) {
        let text = classes.join(",");
        let parsed = Privileges::parse(text.as_bytes()).unwrap();
        prop_assert!(parsed.iter().eq(classes.iter().map(String::as_bytes)));
    }

    #[test]
    fn families_come_back(
        stem in "[A-Z][a-z]{2,7}", width in 5..=6_u8, first in 0..99_999_u32, second in prop::option::of(0..99_999_u32),
        role in prop::sample::select(&["", "Dest", "LocalOne", "Parkee"]), variable in prop::option::of("[A-Za-z_()]{1,9}"),
    ) {
        let families = [
            KeyFamily::Indexed { stem: stem.as_bytes(), width, first, second },
            KeyFamily::Report { block: first, field: stem.as_bytes() },
            KeyFamily::Variable { role: role.as_bytes(), name: variable.as_ref().map(String::as_bytes) },
        ];
        for family in families {
            let text = family.to_string();
            prop_assert_eq!(KeyFamily::parse(text.as_bytes()), Ok(family));
        }
    }

    /// No input makes a grammar panic, and an error's position lies inside the value.
    #[test]
    fn errors_stay_inside(value in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..24),
        "[0-9T:. +/IPVx;,<>\"=()A-Ca-z-]{0,24}".prop_map(String::into_bytes),
    ]) {
        let value = value.as_slice();
        let errors = [
            boolean(value).err(), unsigned(value).err(), signed(value).err(), hexadecimal(value).err(),
            Privileges::parse(value).err(), Assignment::parse(value).err(), EpochTime::parse(value).err(),
            NtpTime::parse(value).err(), DateTime::parse(value).err(), PeerAddress::parse(value).err(),
            socket_address(value).err(), ChannelName::parse(value).err(), UniqueId::parse(value).err(),
            KeyFamily::parse(value).err(), assignments(value, b',').find_map(Result::err),
        ];
        CallerId::parse(value);
        for error in errors.into_iter().flatten() {
            prop_assert!(error.position <= value.len(), "{error:?}");
            prop_assert!(!error.expected.is_empty());
        }
    }
}
