//! `cargo xtask schema`: questions to the schema.

use anyhow::Result;
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
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let schema = Schema::read(&super::root().join("crates/ami-types/schema"))?;
    match options.command {
        Command::Check => {
            for topic in &schema.topics {
                println!("{:12} {:3} events {:3} actions", topic.name, topic.events.len(), topic.actions.len());
            }
        }
    }
    Ok(())
}
