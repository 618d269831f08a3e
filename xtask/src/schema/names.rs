//! Names in Rust from names on the wire.

/// `CallerIDNum` → `caller_id_num`, `Cause-txt` → `cause_txt`, `Report#SourceSSRC` → `report_source_ssrc`.
pub fn snake(wire: &str) -> String {
    let mut wire = wire.to_owned();
    for acronym in ["SIP", "DNS", "AMI", "IP", "HTTP", "CDR", "ID"] {
        if let Some(at) = wire.find(acronym).map(|at| at + acronym.len())
            && wire[at..].starts_with(|c: char| c.is_ascii_lowercase())
            && !wire[at..].starts_with('s')
        {
            wire.insert(at, '_');
        }
    }
    let chars: Vec<char> = wire.chars().collect();
    let mut out = String::new();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            if !out.ends_with('_') && !out.is_empty() {
                out.push('_');
            }
            continue;
        }
        let before = i.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(i + 1);
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase() || (b.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts_word && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    let out = out.trim_matches('_').to_owned();
    // Plurals of acronyms and names that are written in several ways.
    let out = out.replace("i_ds", "ids");
    match out.as_str() {
        "type" | "use" | "match" | "move" | "ref" | "loop" | "async" | "self" | "mod" => format!("{out}_"),
        // What every event has a method for.
        "message" => "message_text".to_owned(),
        _ if out.starts_with(|c: char| c.is_ascii_digit()) => format!("n{out}"),
        _ => out,
    }
}

/// `DialBegin` → `DIAL_BEGIN`.
pub fn constant(name: &str) -> String {
    snake(name).trim_end_matches('_').to_ascii_uppercase()
}

/// `NO ANSWER` → `NoAnswer`, `BRIDGE_ENTER` → `BridgeEnter`, `not-in-use` → `NotInUse`, `InUse` → `InUse`.
pub(super) fn variant(wire: &str) -> String {
    wire.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let rest = word.get(1..).unwrap_or_default();
            let shouted = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            let first = word.get(..1).unwrap_or_default().to_ascii_uppercase();
            first + &if shouted { rest.to_ascii_lowercase() } else { rest.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_well() {
        for (wire, rust) in [
            ("CallerIDNum", "caller_id_num"),
            ("Cause-txt", "cause_txt"),
            ("Report#SourceSSRC", "report_source_ssrc"),
            ("DTMFBegin", "dtmf_begin"),
            ("SIPcallid", "sip_callid"),
            ("100rel", "n100rel"),
            ("Type", "type_"),
            ("Named Callgroup", "named_callgroup"),
            ("IAX2-callno-local", "iax2_callno_local"),
        ] {
            assert_eq!(snake(wire), rust, "{wire}");
        }
        assert_eq!(variant("NO ANSWER"), "NoAnswer");
        assert_eq!(variant("BRIDGE_ENTER"), "BridgeEnter");
        assert_eq!(variant("InUse"), "InUse");
        assert_eq!(constant("DialBegin"), "DIAL_BEGIN");
    }
}
