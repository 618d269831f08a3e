//! The schema in memory. `crates/ami-types/schema/README.md` describes the format.

mod names;
mod reader;

pub use names::{constant, snake};
pub use reader::ReadError;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A set of releases: bit `n` stands for the release with index `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Releases(pub u32);

impl Releases {
    /// Whether no release is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Whether the release with this index is in it.
    pub fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }
    /// The releases in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
    /// The releases in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A release of Asterisk.
#[derive(Clone, Debug)]
pub struct Release {
    /// `1.6.2`, `22`, `master`.
    pub name: String,
    /// What its banner says: `1.1`, or `11.*` where only the first number counts.
    pub banner: String,
    /// Whether sessions of it were recorded, so that "always" can be said of it.
    pub recorded: bool,
}

/// Type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// One of the types that ami-types implements by hand, by its name in the schema.
    Simple(SimpleType),
    /// An enumeration of the schema, by name.
    Enum(String),
}

macro_rules! simple_types {
    ($($variant:ident $name:literal,)+) => {
        /// A type that ami-types implements by hand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SimpleType { $(#[doc = concat!("`", $name, "`")] $variant,)+ }
        impl SimpleType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            /// Its name in the schema.
            pub fn name(self) -> &'static str { match self { $(Self::$variant => $name,)+ } }
            /// Its name in Rust.
            pub fn variant(self) -> &'static str { match self { $(Self::$variant => stringify!($variant),)+ } }
        }
    };
}
simple_types! {
    Text "text",
    Channel "channel",
    Uniqueid "uniqueid",
    BridgeId "bridge-id",
    Secret "secret",
    List "list",
    Int "int",
    Uint "uint",
    Float "float",
    Percent "percent",
    Bool "bool",
    Cause "cause",
    ChannelState "channel-state",
    Elapsed "elapsed",
    Epoch "epoch",
    DateTime "datetime",
    IsoTime "iso-time",
    Ntp "ntp",
    Address "address",
    SecurityAddress "security-address",
    Ssrc "ssrc",
}

/// Units that a number can have: name in the schema and in Rust.
pub const UNITS: &[(&str, &str)] = &[
    ("seconds", "Seconds"),
    ("milliseconds", "Milliseconds"),
    ("microseconds", "Microseconds"),
    ("minutes", "Minutes"),
    ("packets", "Packets"),
    ("octets", "Octets"),
    ("pages", "Pages"),
    ("messages", "Messages"),
    ("bits-per-second", "BitsPerSecond"),
];

/// A header of an event, a parameter of an action, or a header of a response.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name on the wire; `#` stands for a number, `*` for any text.
    pub wire: String,
    /// Name of the accessor.
    pub rust: String,
    /// Type of the value.
    pub ty: Type,
    /// Unit of a number, by its name in the schema.
    pub unit: Option<String>,
    /// Whether it can occur several times in a message.
    pub repeated: bool,
    /// Whether an action needs it.
    pub required: bool,
    /// Releases that have it.
    pub releases: Releases,
    /// Releases whose recorded sessions always have it.
    pub always: Releases,
    /// What it means.
    pub doc: String,
    /// The role that it belongs to, as an index into the event's roles.
    pub role: Option<usize>,
}

impl Field {
    /// Whether it stands for several keys.
    pub fn is_family(&self) -> bool {
        self.wire.contains(['#', '*'])
    }
}

/// What a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotKind {
    /// A channel.
    Channel,
    /// A bridge.
    Bridge,
}

/// A snapshot that an event carries, and what is before its names.
#[derive(Clone, Debug)]
pub struct Role {
    /// What it is a snapshot of.
    pub kind: SnapshotKind,
    /// What is before the names of its fields.
    pub prefix: String,
    /// Name of the accessor.
    pub rust: String,
    /// Index of its first field.
    pub first: usize,
}

/// Headers that look like fields of an event but are not.
#[derive(Clone, Debug)]
pub struct Stray {
    /// The key.
    pub wire: String,
    /// Releases where it was seen.
    pub releases: Releases,
    /// Where it comes from.
    pub why: String,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Name on the wire.
    pub wire: String,
    /// Name in Rust.
    pub variant: String,
    /// What it means.
    pub doc: String,
    /// Classes of its `Privilege`.
    pub classes: Vec<String>,
    /// Releases that have it.
    pub releases: Releases,
    /// Why it carries headers that no schema can list, where it does.
    pub open: Option<String>,
    /// Headers explained away.
    pub strays: Vec<Stray>,
    /// Snapshots.
    pub roles: Vec<Role>,
    /// Headers, those of snapshots included.
    pub fields: Vec<Field>,
}

/// An action.
#[derive(Clone, Debug)]
pub struct Action {
    /// Name on the wire.
    pub wire: String,
    /// Name in Rust, with `Action` at its end.
    pub name: String,
    /// What it does.
    pub doc: String,
    /// Classes, one of which the user must have.
    pub privileges: Vec<String>,
    /// Releases that have it.
    pub releases: Releases,
    /// Headers that it takes.
    pub params: Vec<Field>,
    /// Headers of its successful response.
    pub response: Vec<Field>,
    /// Events that answer it, one for each item.
    pub items: Vec<String>,
    /// The event that ends its list.
    pub completes: Option<String>,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Name in Rust.
    pub name: String,
    /// What it enumerates.
    pub doc: String,
    /// Value on the wire, variant, meaning.
    pub values: Vec<(String, String, String)>,
}

/// Events and actions that belong together.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Name of the topic, of its file and of its module.
    pub name: String,
    /// What it is about.
    pub doc: String,
    /// Its events.
    pub events: Vec<Event>,
    /// Its actions.
    pub actions: Vec<Action>,
}

/// The whole schema.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Releases, oldest first.
    pub releases: Vec<Release>,
    /// Headers that every event can have.
    pub common: Vec<Field>,
    /// Headers of a channel snapshot.
    pub channel: Vec<Field>,
    /// Headers of a bridge snapshot.
    pub bridge: Vec<Field>,
    /// Enumerations by name.
    pub enums: BTreeMap<String, Enum>,
    /// Topics by name.
    pub topics: Vec<Topic>,
}

impl Schema {
    /// Reads all `.schema` files of a folder.
    ///
    /// # Errors
    /// A file that cannot be read, or that breaks the format: with file and line.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        use anyhow::Context as _;
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "schema") {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                files.push((name, fs::read_to_string(&path)?));
            }
        }
        // `common` defines what the other files use.
        files.sort_by_key(|(name, _)| (name != "common.schema", name != "enums.schema", name.clone()));
        Ok(reader::read(&files)?)
    }

    /// The snapshot's fields.
    pub fn snapshot(&self, kind: SnapshotKind) -> &[Field] {
        match kind {
            SnapshotKind::Channel => &self.channel,
            SnapshotKind::Bridge => &self.bridge,
        }
    }

    /// All events in the order of their numbers.
    pub fn events(&self) -> impl Iterator<Item = (&Topic, &Event)> {
        self.topics.iter().flat_map(|topic| topic.events.iter().map(move |event| (topic, event)))
    }

    /// All actions in the order of their numbers.
    pub fn actions(&self) -> impl Iterator<Item = (&Topic, &Action)> {
        self.topics.iter().flat_map(|topic| topic.actions.iter().map(move |action| (topic, action)))
    }

    /// The releases whose sessions were recorded.
    pub fn recorded(&self) -> Releases {
        Releases(self.releases.iter().enumerate().fold(0, |set, (i, r)| set | (u32::from(r.recorded) << i)))
    }

    /// All releases.
    pub fn all_releases(&self) -> Releases {
        Releases((1 << self.releases.len()) - 1)
    }

    /// The index of a release.
    pub fn release(&self, name: &str) -> Option<usize> {
        self.releases.iter().position(|release| release.name == name)
    }

    /// The runs of a set: first and last index of each.
    pub fn runs(&self, set: Releases) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for index in (0..self.releases.len()).filter(|&index| set.contains(index)) {
            match runs.last_mut() {
                Some(run) if run.1 + 1 == index => run.1 = index,
                _ => runs.push((index, index)),
            }
        }
        runs
    }

    /// A set as it is written in the schema: `1.4..11 13..`.
    pub fn show(&self, set: Releases) -> String {
        let newest = self.releases.len() - 1;
        let name = |index: usize| self.releases[index].name.as_str();
        let runs = self.runs(set).into_iter().map(|(first, last)| match (first, last) {
            (first, last) if first == last => name(first).to_owned(),
            (first, last) if last == newest => format!("{}..", name(first)),
            (first, last) => format!("{}..{}", name(first), name(last)),
        });
        runs.collect::<Vec<_>>().join(" ")
    }
}
