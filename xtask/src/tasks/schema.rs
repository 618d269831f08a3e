//! `cargo xtask schema`: questions to the schema.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use xtask::compare::{self, Difference};
use xtask::examples::Examples;
use xtask::reference::Reference;
use xtask::schema::Schema;

/// Options of the task.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the schema, and say what is in it.
    Check,
    /// Compare the XML reference that an installed Asterisk ships (core-en_US.xml) with the schema.
    ///
    /// Prints what the schema lacks, and fails if that is not in `schema/explained.txt`.
    Import {
        /// The reference.
        file: PathBuf,
        /// The release that shipped it.
        #[arg(long)]
        release: String,
        /// Print lines for the schema instead of sentences.
        #[arg(long)]
        lines: bool,
        /// Also list what the schema has and the reference does not: sent, but undocumented.
        #[arg(long)]
        undocumented: bool,
    },
    /// Write `schema/examples.txt` anew: one recorded message for each event and action.
    Examples,
    /// Print what changed between two releases.
    Diff {
        /// The old release.
        old: String,
        /// The new release.
        new: String,
    },
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = super::root().join("crates/ami-types/schema");
    let schema = Schema::read(&folder)?;
    let release = |name: &str| schema.release(name).with_context(|| format!("there is no release `{name}`"));
    match &options.command {
        Command::Check => {
            for topic in &schema.topics {
                println!("{:12} {:3} events {:3} actions", topic.name, topic.events.len(), topic.actions.len());
            }
        }
        Command::Import { file, release: name, lines, undocumented } => {
            let index = release(name)?;
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let reference = Reference::read(&text)?;
            let explained = Explained::read(&fs::read_to_string(folder.join("explained.txt"))?)?;
            let differences = compare::against_reference(&schema, &reference, index);
            let open: Vec<&Difference> = differences.iter().filter(|d| !explained.covers(name, &d.subject)).collect();
            for difference in &open {
                match (&difference.line, lines) {
                    (Some(line), true) => println!("# {}\n{line}", difference.subject),
                    _ => println!("{}: {}", difference.subject, difference.what),
                }
            }
            if *undocumented {
                for name in compare::undocumented(&schema, &reference, index) {
                    println!("undocumented: {name}");
                }
            }
            println!(
                "{} events and {} actions in the reference of {name}; {} differences, {} of them explained",
                reference.events.len(),
                reference.actions.len(),
                differences.len(),
                differences.len() - open.len()
            );
            if !open.is_empty() {
                bail!("the schema lacks what the reference of {name} has");
            }
        }
        Command::Examples => {
            let examples = Examples::of_traces(&schema, &super::root().join("corpus/traces"))?;
            fs::write(folder.join("examples.txt"), examples.write())?;
            println!("{} events, {} actions", examples.events.len(), examples.actions.len());
        }
        Command::Diff { old, new } => print!("{}", compare::between(&schema, release(old)?, release(new)?)),
    }
    Ok(())
}

/// Differences that are known and have a reason: `RELEASES SUBJECT -- why`, one a line; releases are separated by
/// commas.
struct Explained(Vec<(Vec<String>, String)>);

impl Explained {
    fn read(text: &str) -> Result<Self> {
        let mut entries = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (what, _why) = line.split_once(" -- ").with_context(|| format!("no reason in `{line}`"))?;
            let (releases, subject) = what.split_once(' ').with_context(|| format!("no subject in `{line}`"))?;
            entries.push((releases.split(',').map(str::to_owned).collect(), subject.trim().to_owned()));
        }
        Ok(Self(entries))
    }

    fn covers(&self, release: &str, subject: &str) -> bool {
        self.0.iter().any(|(releases, known)| known == subject && releases.iter().any(|r| r == release))
    }
}
