//! Laws of the value grammars.

use ami_wire::values::{
    Assignment, CallerId, ChannelName, DateTime, EpochTime, KeyFamily, NtpTime, PeerAddress, Privileges, UniqueId,
    assignments, boolean, hexadecimal, signed, unsigned,
};

/// No value breaks a grammar, and what was taken apart is part of what came.
pub fn values(input: &[u8]) {
    let _ = boolean(input);
    let _ = hexadecimal(input);
    if let Ok(number) = unsigned(input) {
        assert_eq!(unsigned(number.to_string().as_bytes()), Ok(number));
    }
    if let Ok(number) = signed(input) {
        assert_eq!(signed(number.to_string().as_bytes()), Ok(number));
    }
    let _ = Privileges::parse(input).map(|list| list.iter().count());
    let _ = Assignment::parse(input);
    let _ = assignments(input, b',').count();
    let _ = CallerId::parse(input).unescaped_name().count();
    let _ = EpochTime::parse(input).map(EpochTime::total_micros);
    let _ = NtpTime::parse(input).map(|time| time.to_string());
    let _ = DateTime::parse(input).map(|time| time.to_epoch_millis());
    let _ = PeerAddress::parse(input).map(|address| address.socket());
    let _ = KeyFamily::parse(input);
    let _ = UniqueId::parse(input);
    if let Ok(name) = ChannelName::parse(input) {
        let _ = (name.is_zombie(), name.serial_number(), name.extension_and_context());
    }
}
