//! The XML reference that an installed Asterisk ships, reduced to names.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use roxmltree::{Document, Node, ParsingOptions};

/// What a reference says about one event.
#[derive(Clone, Debug, Default)]
pub struct EventEntry {
    /// Its class, in lower case, where there is one.
    pub class: Option<String>,
    /// Its headers.
    pub fields: Vec<String>,
}

/// What a reference says about one action.
#[derive(Clone, Debug, Default)]
pub struct ActionEntry {
    /// Its parameters, and whether they are required.
    pub params: Vec<(String, bool)>,
    /// Events of its list.
    pub items: Vec<String>,
    /// The event that ends its list.
    pub completes: Vec<String>,
}

/// A reference.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Events by name.
    pub events: BTreeMap<String, EventEntry>,
    /// Actions by name.
    pub actions: BTreeMap<String, ActionEntry>,
}

impl Reference {
    /// Reads the text of a reference.
    ///
    /// # Errors
    /// Text that is no XML, or an inclusion that leads nowhere.
    pub fn read(text: &str) -> Result<Self> {
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options).context("not a readable XML reference")?;
        let source = Source { document: &document };
        let mut reference = Self::default();
        for node in document.root_element().children().filter(Node::is_element) {
            let Some(name) = node.attribute("name") else { continue };
            match node.tag_name().name() {
                "managerEvent" => {
                    let entry = reference.events.entry(name.to_owned()).or_default();
                    for instance in source.instances(node) {
                        source.event(instance, entry)?;
                    }
                }
                "manager" => {
                    let entry = reference.actions.entry(name.to_owned()).or_default();
                    source.action(node, entry)?;
                }
                _ => {}
            }
        }
        Ok(reference)
    }
}

struct Source<'d, 'i> {
    document: &'d Document<'i>,
}

/// The names in an inclusion: `/docs/managerEvent[@name='A']/…/parameter[@name='B']` is `A` and `B`.
fn quoted(pointer: &str) -> Vec<&str> {
    pointer.split('\'').skip(1).step_by(2).collect()
}

impl<'d, 'i> Source<'d, 'i> {
    fn child<'n>(node: Node<'n, 'i>, name: &str) -> Option<Node<'n, 'i>> {
        node.children().find(|child| child.has_tag_name(name))
    }

    /// The top-level entry of a kind with a name.
    fn entry(&self, kind: &str, name: &str) -> Option<Node<'d, 'i>> {
        let mut entries = self.document.root_element().children();
        entries.find(|node| node.has_tag_name(kind) && node.attribute("name") == Some(name))
    }

    fn instances(&self, event: Node<'d, 'i>) -> Vec<Node<'d, 'i>> {
        let _ = self;
        event.children().filter(|child| child.has_tag_name("managerEventInstance")).collect()
    }

    fn event(&self, instance: Node<'d, 'i>, entry: &mut EventEntry) -> Result<()> {
        if let Some(class) = instance.attribute("class") {
            let class = class.trim_start_matches("EVENT_FLAG_").to_ascii_lowercase();
            entry.class.get_or_insert(class);
        }
        if let Some(syntax) = Self::child(instance, "syntax") {
            for field in self.fields(syntax, 0)? {
                if !entry.fields.contains(&field) {
                    entry.fields.push(field);
                }
            }
        }
        Ok(())
    }

    /// The names of all parameters, snapshots and inclusions resolved.
    fn fields(&self, syntax: Node<'d, 'i>, depth: usize) -> Result<Vec<String>> {
        const CHANNEL: [&str; 14] = [
            "Channel",
            "ChannelState",
            "ChannelStateDesc",
            "CallerIDNum",
            "CallerIDName",
            "ConnectedLineNum",
            "ConnectedLineName",
            "Language",
            "AccountCode",
            "Context",
            "Exten",
            "Priority",
            "Uniqueid",
            "Linkedid",
        ];
        const BRIDGE: [&str; 8] = [
            "BridgeUniqueid",
            "BridgeType",
            "BridgeTechnology",
            "BridgeCreator",
            "BridgeName",
            "BridgeNumChannels",
            "BridgeVideoSourceMode",
            "BridgeVideoSource",
        ];
        let mut names = Vec::new();
        for node in syntax.children().filter(Node::is_element) {
            let prefix = node.attribute("prefix").unwrap_or_default();
            match node.tag_name().name() {
                "parameter" => names.extend(node.attribute("name").map(str::to_owned)),
                "channel_snapshot" => names.extend(CHANNEL.map(|name| format!("{prefix}{name}"))),
                "bridge_snapshot" => names.extend(BRIDGE.map(|name| format!("{prefix}{name}"))),
                "include" if depth < 4 => names.extend(self.included(node, depth)?),
                _ => {}
            }
        }
        Ok(names)
    }

    fn included(&self, include: Node<'d, 'i>, depth: usize) -> Result<Vec<String>> {
        let pointer = include.attribute("xpointer").context("an inclusion without a pointer")?;
        let pointer = pointer.trim_start_matches("xpointer(").trim_start_matches('/');
        let names = quoted(pointer);
        let (kind, owner) = match names.first() {
            Some(owner) if pointer.starts_with("docs/managerEvent") => ("managerEvent", *owner),
            Some(owner) if pointer.starts_with("docs/manager[") => ("manager", *owner),
            _ => return Ok(Vec::new()),
        };
        if pointer.contains("/parameter[@name=") {
            return Ok(names.get(1).map(|name| (*name).to_owned()).into_iter().collect());
        }
        // All parameters of another entry, or those whose names contain a word; snapshots do not come along.
        let owner = self.entry(kind, owner).with_context(|| format!("`{pointer}` leads nowhere"))?;
        let holders = if kind == "managerEvent" { self.instances(owner) } else { vec![owner] };
        let mut fields = Vec::new();
        for holder in holders {
            if let Some(syntax) = Self::child(holder, "syntax") {
                let own = syntax.children().filter(|node| node.has_tag_name("parameter"));
                fields.extend(own.filter_map(|node| node.attribute("name")).map(str::to_owned));
                let _ = depth;
            }
        }
        if pointer.contains("contains(@name") {
            fields.retain(|field| names.get(1).is_some_and(|word| field.contains(word)));
        }
        Ok(fields)
    }

    fn action(&self, node: Node<'d, 'i>, entry: &mut ActionEntry) -> Result<()> {
        if let Some(syntax) = Self::child(node, "syntax") {
            for child in syntax.children().filter(Node::is_element) {
                match child.tag_name().name() {
                    "parameter" => {
                        let required =
                            child.attribute("required").is_some_and(|value| value == "true" || value == "yes");
                        entry.params.extend(child.attribute("name").map(|name| (name.to_owned(), required)));
                    }
                    "include" => entry.params.extend(self.included(child, 0)?.into_iter().map(|name| (name, false))),
                    _ => {}
                }
            }
        }
        let Some(responses) = Self::child(node, "responses") else { return Ok(()) };
        for list in responses.children().filter(Node::is_element) {
            let events = list.descendants().filter_map(|node| match node.tag_name().name() {
                "managerEvent" => node.attribute("name").map(str::to_owned),
                "include" => {
                    let pointer = node.attribute("xpointer")?;
                    pointer.contains("managerEvent").then(|| quoted(pointer).first().map(|name| (*name).to_owned()))?
                }
                _ => None,
            });
            let events: Vec<String> = events.collect();
            // Events that are described in the list itself are entries of their own.
            match list.tag_name().name() {
                "list-elements" => entry.items.extend(events),
                "managerEvent" => entry.completes.extend(list.attribute("name").map(str::to_owned)),
                "include" => entry.completes.extend(events),
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"<?xml version="1.0"?><docs xmlns:xi="http://www.w3.org/2001/XInclude">
        <managerEvent name="A"><managerEventInstance class="EVENT_FLAG_CALL"><syntax>
            <channel_snapshot prefix="Dest"/><parameter name="X"/></syntax></managerEventInstance></managerEvent>
        <managerEvent name="B"><managerEventInstance><syntax>
            <xi:include xpointer="xpointer(/docs/managerEvent[@name='A']/managerEventInstance/syntax/parameter)"/>
            <parameter name="Y"/></syntax></managerEventInstance></managerEvent>
        <manager name="L"><syntax><parameter name="P" required="true"/>
            <xi:include xpointer="xpointer(/docs/manager[@name='Login']/syntax/parameter[@name='ActionID'])"/></syntax>
            <responses><list-elements><xi:include xpointer="xpointer(/docs/managerEvent[@name='A'])"/></list-elements>
            <managerEvent name="LComplete"/></responses></manager></docs>"#;

    #[test]
    fn inclusions_and_snapshots_are_resolved() {
        let reference = Reference::read(SMALL).expect("reads");
        let a = &reference.events["A"];
        assert_eq!(a.class.as_deref(), Some("call"));
        assert!(a.fields.contains(&"DestUniqueid".to_owned()) && a.fields.contains(&"X".to_owned()));
        assert_eq!(reference.events["B"].fields, ["X", "Y"]);
        let action = &reference.actions["L"];
        assert_eq!(action.params, [("P".to_owned(), true), ("ActionID".to_owned(), false)]);
        assert_eq!((&action.items[..], &action.completes[..]), (&["A".to_owned()][..], &["LComplete".to_owned()][..]));
    }
}
