//! Statistics for people: tables, widest column first, numbers under each other.

use std::io::{self, Write};
use std::time::Duration;

use ami_wire::Kind;
use anstyle::Style;
use chrono::DateTime;
use indicatif::{HumanBytes, HumanCount};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{KINDS, Stats, Top};

/// The most columns that a name gets.
const NAME: usize = 56;

/// The columns of the longest bar.
const BAR: u64 = 40;

/// Writes statistics with as many names of each sort as are wanted.
///
/// # Errors
///
/// What the output says.
pub fn write(stats: &Stats, count: usize, colour: bool, out: &mut impl Write) -> io::Result<()> {
    let page = Page { stats, count, bold: if colour { Style::new().bold() } else { Style::new() } };
    page.head(out)?;
    page.kinds(out)?;
    page.classes(out)?;
    page.names("events", &stats.events, ("events", true), out, |class| {
        Some(class.as_deref().map_or_else(|| "no class".to_owned(), shown))
    })?;
    page.names("responses", &stats.responses, ("responses", true), out, |()| None)?;
    page.names("actions", &stats.actions, ("actions", true), out, |()| None)?;
    page.names("channels, by the events that name them", &stats.channels, ("channels", false), out, |name| {
        Some(shown(name))
    })?;
    page.names("endpoints, by the channels they got", &stats.endpoints, ("endpoints", true), out, |()| None)?;
    page.queues(out)?;
    page.names("events that the schema does not know", &stats.unknown_events, ("names", false), out, |()| None)?;
    page.names("headers that the schema does not know", &stats.unknown_headers, ("headers", false), out, |()| None)?;
    page.defects(out)?;
    page.rate(out)
}

struct Page<'s> {
    stats: &'s Stats,
    count: usize,
    bold: Style,
}

/// Bytes as text without what a terminal would act on, and not too long.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut short = String::new();
    let mut width = 0;
    for one in text.chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }) {
        width += one.width().unwrap_or(0);
        if width >= NAME {
            short.push('…');
            break;
        }
        short.push(one);
    }
    short
}

/// `1 message`, `2,000 messages`.
fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

fn bytes(count: u64) -> String {
    if count < 1024 { counted(count, "byte") } else { format!("{} bytes ({})", HumanCount(count), HumanBytes(count)) }
}

#[allow(clippy::cast_precision_loss, reason = "a share is shown with one digit behind the point")]
fn share(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

/// A cell of a table, and whether it is a number.
enum Cell {
    Text(String),
    Number(String),
}

impl Cell {
    fn text(&self) -> &str {
        let (Self::Text(text) | Self::Number(text)) = self;
        text
    }
}

impl Page<'_> {
    fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let (stats, bold) = (self.stats, self.bold);
        let release = stats.release().map_or_else(|| "release not known".to_owned(), |it| format!("Asterisk {it}"));
        writeln!(
            out,
            "{bold}{}{bold:#}: {release}, {}, {}",
            stats.source,
            counted(stats.connections, "connection"),
            counted(stats.messages().messages, "message")
        )?;
        let line = |out: &mut dyn Write, what: &str, text: &str| writeln!(out, "  {what:<9}{text}");
        for banner in stats.banners.most(self.count.max(1)) {
            let times = if banner.count > 1 { format!(", {} times", HumanCount(banner.count)) } else { String::new() };
            line(out, "banner", &format!("{}{times}", shown(&banner.name)))?;
        }
        let [server, client] = stats.streams;
        for (who, count) in [("server", server), ("client", client)] {
            if count > 0 {
                line(out, who, &format!("sent {}", bytes(count)))?;
            }
        }
        if let Some(longest) = &stats.longest {
            let name = longest.name.as_ref().map(|name| format!(" ({})", shown(name.as_bytes()))).unwrap_or_default();
            let of =
                if stats.connections > 1 { format!(" of connection {}", longest.at.connection) } else { String::new() };
            let (at, who) = (HumanCount(longest.at.offset), longest.at.direction);
            line(out, "longest", &format!("message of {}{name}, at byte {at} of the {who}{of}", bytes(longest.bytes)))?;
        }
        if stats.midway > 0 {
            line(out, "midway", &format!("{} without their beginning", counted(stats.midway, "connection")))?;
        }
        if stats.gaps > 0 {
            line(out, "gaps", &format!("{}, which cost {}", counted(stats.gaps, "gap"), bytes(stats.gap_bytes)))?;
        }
        if stats.skipped > 0 {
            line(out, "skipped", &format!("{} that could not be had", counted(stats.skipped, "message")))?;
        }
        Ok(())
    }

    /// Writes a table, if there is anything in it. Of `rest` names there was no room.
    fn table(
        &self,
        title: &str,
        heads: &[&str],
        rows: &[Vec<Cell>],
        rest: Option<String>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let bold = self.bold;
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let of_head = heads.get(column).map_or(0, |head| head.width());
                let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text().width());
                cells.max().unwrap_or(0).max(of_head)
            })
            .collect();
        writeln!(out, "\n{bold}{title}{bold:#}")?;
        let head: Vec<Cell> = heads
            .iter()
            .enumerate()
            .map(|(column, head)| match rows.first().and_then(|row| row.get(column)) {
                Some(Cell::Number(_)) => Cell::Number((*head).to_owned()),
                _ => Cell::Text((*head).to_owned()),
            })
            .collect();
        let is_headed = heads.iter().any(|head| !head.is_empty());
        for row in is_headed.then_some(&head).into_iter().chain(rows) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let text = cell.text();
                let room = " ".repeat(width.saturating_sub(text.width()));
                line.push_str("  ");
                match cell {
                    Cell::Text(_) => line.extend([text, &room]),
                    Cell::Number(_) => line.extend([&room, text]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        rest.map_or(Ok(()), |rest| writeln!(out, "  {rest}"))
    }

    fn kinds(&self, out: &mut impl Write) -> io::Result<()> {
        let all = self.stats.messages();
        let mut kinds: Vec<_> = KINDS.iter().zip(&self.stats.kinds).filter(|(_, amount)| amount.messages > 0).collect();
        kinds.sort_by_key(|(_, amount)| std::cmp::Reverse(amount.messages));
        let rows: Vec<_> = kinds
            .into_iter()
            .map(|(kind, amount)| {
                let name = if *kind == Kind::Unknown { "without a kind" } else { kind.as_str() };
                vec![
                    Cell::Text(name.to_owned()),
                    Cell::Number(HumanCount(amount.messages).to_string()),
                    Cell::Number(share(amount.messages, all.messages)),
                    Cell::Number(HumanCount(amount.bytes).to_string()),
                    Cell::Number(share(amount.bytes, all.bytes)),
                ]
            })
            .collect();
        self.table("kinds", &["", "messages", "share", "bytes", "share"], &rows, None, out)
    }

    fn classes(&self, out: &mut impl Write) -> io::Result<()> {
        let whole = self.stats.kind(Kind::Event).messages;
        let row = |name: String, count: u64| {
            let count_cell = Cell::Number(HumanCount(count).to_string());
            vec![Cell::Text(name), count_cell, Cell::Number(share(count, whole))]
        };
        let mut rows: Vec<_> =
            self.stats.classes.most(usize::MAX).iter().map(|entry| row(shown(&entry.name), entry.count)).collect();
        if self.stats.unasked > 0 {
            rows.push(row("no class (asked for)".to_owned(), self.stats.unasked));
        }
        self.table("classes of events", &["", "events", "share"], &rows, None, out)
    }

    fn names<T: Default>(
        &self,
        title: &str,
        top: &Top<T>,
        (what, of_all): (&str, bool),
        out: &mut impl Write,
        more: impl Fn(&T) -> Option<String>,
    ) -> io::Result<()> {
        let rows: Vec<_> = top
            .most(self.count)
            .iter()
            .map(|entry| {
                let about = if entry.over > 0 { "≤ " } else { "" };
                let mut row =
                    vec![Cell::Text(shown(&entry.name)), Cell::Number(format!("{about}{}", HumanCount(entry.count)))];
                // An event can name several channels, so that shares of them mean nothing.
                if of_all {
                    row.push(Cell::Number(share(entry.count, top.total())));
                }
                row.extend(more(&entry.of).map(Cell::Text));
                row
            })
            .collect();
        self.table(title, &[], &rows, self.rest(top, what), out)
    }

    /// What there was no room for.
    fn rest<T: Default>(&self, top: &Top<T>, what: &str) -> Option<String> {
        let (distinct, is_all) = top.distinct();
        if !is_all {
            let slack = top.most(self.count).iter().map(|entry| entry.over).max().unwrap_or(0);
            return Some(format!(
                "… of more than {} {what}; counts can be too high by {}",
                HumanCount(distinct as u64),
                HumanCount(slack)
            ));
        }
        (distinct > self.count).then(|| format!("… {} more", HumanCount((distinct - self.count) as u64)))
    }

    fn queues(&self, out: &mut impl Write) -> io::Result<()> {
        let rows: Vec<_> = self
            .stats
            .queues
            .most(self.count)
            .iter()
            .map(|entry| {
                let numbers = [entry.count, entry.of.joined, entry.of.answered, entry.of.abandoned];
                let numbers = numbers.map(|number| Cell::Number(HumanCount(number).to_string()));
                std::iter::once(Cell::Text(shown(&entry.name))).chain(numbers).collect()
            })
            .collect();
        let heads = ["", "events", "joined", "answered", "abandoned"];
        self.table("queues", &heads, &rows, self.rest(&self.stats.queues, "queues"), out)
    }

    fn defects(&self, out: &mut impl Write) -> io::Result<()> {
        let mut defects: Vec<_> = self.stats.defects.iter().collect();
        defects.sort_by_key(|(code, defect)| (std::cmp::Reverse(defect.count), **code));
        let several = self.stats.connections > 1;
        let rows: Vec<_> = defects
            .into_iter()
            .map(|(code, defect)| {
                let first = defect.first;
                let of = if several { format!(" of connection {}", first.connection) } else { String::new() };
                vec![
                    Cell::Text((*code).to_owned()),
                    Cell::Number(HumanCount(defect.count).to_string()),
                    Cell::Text(format!("first at byte {} of the {}{of}", HumanCount(first.offset), first.direction)),
                ]
            })
            .collect();
        self.table("defects of the wire", &[], &rows, None, out)
    }

    #[allow(clippy::cast_precision_loss, reason = "a rate is shown with one digit behind the point")]
    fn rate(&self, out: &mut impl Write) -> io::Result<()> {
        let Some((clock, rate)) = self.stats.rate() else { return Ok(()) };
        let steps = rate.steps();
        let step = rate.step();
        let most = steps.iter().map(|step| step.messages).max().unwrap_or(0).max(1);
        let rows: Vec<_> = steps
            .iter()
            .map(|step| {
                let bar = (step.messages * BAR).div_ceil(most);
                vec![
                    Cell::Text(time(step.start, rate.step())),
                    Cell::Number(HumanCount(step.messages).to_string()),
                    Cell::Text("▇".repeat(usize::try_from(bar).unwrap_or(0))),
                ]
            })
            .collect();
        let peak = most as f64 / step.as_secs_f64();
        let uncounted = self.stats.messages().messages.saturating_sub(rate.total());
        let rest = match uncounted {
            0 => String::new(),
            count => format!("; the time of {} is not known", counted(count, "message")),
        };
        let title = format!("messages in steps of {}, {peak:.1}/s in the busiest", length(step));
        let note = format!("UTC, {}{rest}", clock.describe());
        self.table(&title, &[], &rows, Some(note), out)
    }
}

/// How long a step of time is.
fn length(step: Duration) -> String {
    let millis = step.as_millis();
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{} s", millis / 1_000),
        60_000..3_600_000 => format!("{} min", millis / 60_000),
        3_600_000..86_400_000 => format!("{} h", millis / 3_600_000),
        _ => format!("{} d", millis / 86_400_000),
    }
}

/// A point of time, as exactly as the steps are.
fn time(at: Duration, step: Duration) -> String {
    let form = match step.as_millis() {
        0..1_000 => "%Y-%m-%d %H:%M:%S%.3f",
        1_000..60_000 => "%Y-%m-%d %H:%M:%S",
        60_000..86_400_000 => "%Y-%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(seconds, at.subsec_nanos()).map_or_else(String::new, |at| at.format(form).to_string())
}
