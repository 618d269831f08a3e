//! Actions: a type for each, and the enumeration of all.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::{Access, access, enum_imports, example_doc, field_doc, gate, imports, short};
use crate::examples::Examples;
use crate::schema::{Action, Field, Schema, SimpleType, Topic, Type};

/// How a parameter is held.
struct Param {
    ty: String,
    required: bool,
    /// A value of a type of its own, which is encoded by way of `Value`.
    typed: bool,
}

fn param(field: &Field) -> Result<Param> {
    if field.is_family() {
        return Ok(Param { ty: "Headers<'a>".into(), required: false, typed: false });
    }
    if field.repeated {
        return Ok(Param { ty: "Repeated<'a>".into(), required: false, typed: false });
    }
    let encodable = match &field.ty {
        Type::Enum(_) => true,
        Type::Simple(simple) => matches!(simple, SimpleType::Bool | SimpleType::Int | SimpleType::Uint),
    };
    Ok(match access(field) {
        Access::Text => Param { ty: "Text<'a>".into(), required: field.required, typed: false },
        Access::Typed(ty) if field.ty == Type::Simple(SimpleType::Secret) => {
            Param { ty, required: field.required, typed: false }
        }
        Access::Typed(ty) if encodable => {
            Param { ty: format!("Value<'a, {ty}>"), required: field.required, typed: true }
        }
        Access::Typed(_) => bail!("a parameter cannot have the type of `{}`", field.wire),
    })
}

fn is_plural(field: &Field) -> bool {
    field.is_family() || field.repeated
}

/// One module: the actions of a topic.
pub(super) fn topic(schema: &Schema, topic: &Topic, examples: &Examples) -> Result<String> {
    let mut body = String::new();
    for action in &topic.actions {
        action_type(schema, action, examples, &mut body)?;
    }
    let fields = topic.actions.iter().flat_map(|action| &action.params).filter(|field| !is_plural(field));
    Ok(format!("//! {}\n\n{}{}\n{body}", topic.doc, enum_imports(fields), imports(&body)))
}

fn action_type(schema: &Schema, action: &Action, examples: &Examples, out: &mut String) -> Result<()> {
    let name = &action.name;
    let privilege = match action.privileges.as_slice() {
        [] => "no privilege needed".to_owned(),
        classes => format!("needs the privilege {}", classes.join(" or ")),
    };
    writeln!(
        out,
        "/// {}\n///\n/// `{}`; {privilege}; releases {}.",
        action.doc,
        action.wire,
        schema.show(action.releases)
    )?;
    if let Some(completes) = &action.completes {
        match action.items.as_slice() {
            [] => writeln!(out, "/// Answered by events, the last of which is `{completes}`.")?,
            items => writeln!(out, "/// Answered by a list of `{}`, ended by `{completes}`.", items.join("`, `"))?,
        }
    }
    if !action.response.is_empty() {
        writeln!(out, "/// What its response says: [`{0}Response`](crate::responses::{0}Response).", short(name))?;
    }
    example_doc(examples.actions.get(&action.wire.to_ascii_lowercase()), out);
    writeln!(
        out,
        "#[derive(Clone, Copy, Debug, PartialEq)]\npub struct {name}<'a> {{\n\
         /// Comes back in the response and in the events that answer. `ActionID`\npub action_id: Option<Text<'a>>,"
    )?;
    for field in &action.params {
        let param = param(field)?;
        *out += &field_doc(schema, field, action.releases);
        let ty = if param.required || is_plural(field) { param.ty } else { format!("Option<{}>", param.ty) };
        writeln!(out, "pub {}: {ty},", field.rust)?;
    }
    writeln!(out, "}}\n\nimpl<'a> {name}<'a> {{")?;
    constructor(action, out)?;
    setters(schema, action, out)?;
    writeln!(
        out,
        "}}\n\nimpl<'a> TypedAction<'a> for {name}<'a> {{\nconst ID: ActionId = ActionId::{};\n",
        short(name)
    )?;
    decode(action, out)?;
    headers(action, out)?;
    *out += "}\n\n";
    super::serialize(out, name, "action")?;
    Ok(())
}

fn constructor(action: &Action, out: &mut String) -> Result<()> {
    let mut arguments = Vec::new();
    let mut fields = vec!["action_id: None".to_owned()];
    for field in &action.params {
        let param = param(field)?;
        let rust = &field.rust;
        if param.required {
            arguments.push(format!("{rust}: impl Into<{}>", param.ty));
            fields.push(format!("{rust}: {rust}.into()"));
        } else if field.is_family() {
            fields.push(format!("{rust}: Headers::NONE"));
        } else if field.repeated {
            fields.push(format!("{rust}: Repeated::NONE"));
        } else {
            fields.push(format!("{rust}: None"));
        }
    }
    let many = if arguments.len() > 7 {
        "#[allow(clippy::too_many_arguments, reason = \"the protocol needs them\")]\n"
    } else {
        ""
    };
    let no_arguments = arguments.is_empty();
    writeln!(
        out,
        "/// The action with what it needs.\n{many}#[inline]\npub fn new({}) -> Self {{ Self {{ {} }} }}\n",
        arguments.join(", "),
        fields.join(", ")
    )?;
    if no_arguments {
        // Clippy wants `Default` for a `new` without arguments; the impl follows the type.
        let at = out.rfind("/// The action with what it needs.").unwrap_or(out.len());
        out.insert_str(at, "#[allow(clippy::new_without_default, reason = \"`new` is how every action is made\")]\n");
    }
    Ok(())
}

fn setters(schema: &Schema, action: &Action, out: &mut String) -> Result<()> {
    writeln!(
        out,
        "/// Sets `ActionID`.\n#[inline]\n#[must_use]\npub fn with_action_id(mut self, value: impl Into<Text<'a>>) -> Self {{\nself.action_id = Some(value.into());\nself\n}}\n"
    )?;
    for field in &action.params {
        let param = param(field)?;
        if param.required {
            continue;
        }
        *out += &field_doc(schema, field, action.releases)
            .replacen("/// ", "/// Sets it: ", 1)
            .replace("/// Sets it: `", "/// Sets `");
        let rust = &field.rust;
        let value = if is_plural(field) { "value.into()" } else { "Some(value.into())" };
        writeln!(
            out,
            "#[inline]\n#[must_use]\npub fn with_{rust}(mut self, value: impl Into<{}>) -> Self {{\nself.{rust} = {value};\nself\n}}\n",
            param.ty
        )?;
    }
    Ok(())
}

fn decode(action: &Action, out: &mut String) -> Result<()> {
    *out += "fn decode(message: &Message<'a>) -> Option<Self> {\nif !Self::is(message) { return None; }\nSome(Self {\naction_id: read_text(message, \"ActionID\"),\n";
    for field in &action.params {
        let param = param(field)?;
        let wire = &field.wire;
        let read = if field.is_family() {
            format!("Headers::of(message, \"{wire}\", Self::ID)")
        } else if field.repeated {
            format!("Repeated::of(message, \"{wire}\")")
        } else if param.typed && param.required {
            format!("read_value(message, \"{wire}\").unwrap_or(Value::Raw(Text::new(b\"\")))")
        } else if param.typed {
            format!("read_value(message, \"{wire}\")")
        } else {
            let secret = field.ty == Type::Simple(SimpleType::Secret);
            match (secret, param.required) {
                (false, false) => format!("read_text(message, \"{wire}\")"),
                (false, true) => format!("read_text(message, \"{wire}\").unwrap_or_default()"),
                (true, false) => format!("read(message, \"{wire}\").map(Secret::new)"),
                (true, true) => format!("read(message, \"{wire}\").map(Secret::new).unwrap_or_default()"),
            }
        };
        writeln!(out, "{}: {read},", field.rust)?;
    }
    *out += "})\n}\n\n";
    Ok(())
}

fn headers(action: &Action, out: &mut String) -> Result<()> {
    *out += "fn headers<E>(&self, put: &mut impl FnMut(&[u8], &[u8]) -> Result<(), E>) -> Result<(), E> {\n\
             put_text(put, \"ActionID\", self.action_id)?;\n";
    for field in &action.params {
        let param = param(field)?;
        let (rust, wire) = (&field.rust, &field.wire);
        let value = if param.required { format!("Some(self.{rust})") } else { format!("self.{rust}") };
        if field.is_family() {
            writeln!(out, "put_headers(put, self.{rust})?;")?;
        } else if field.repeated {
            writeln!(out, "put_repeated(put, \"{wire}\", self.{rust})?;")?;
        } else if param.typed {
            writeln!(out, "put_value(put, \"{wire}\", {value})?;")?;
        } else if field.ty == Type::Simple(SimpleType::Secret) {
            writeln!(out, "put_text(put, \"{wire}\", {value}.map(|secret| secret.text()))?;")?;
        } else {
            writeln!(out, "put_text(put, \"{wire}\", {value})?;")?;
        }
    }
    *out += "Ok(())\n}\n";
    Ok(())
}

/// The enumeration of all actions.
pub(super) fn action(schema: &Schema) -> Result<String> {
    let mut out = String::from(
        "//! Any action.\n\nuse ami_wire::{EncodeError, Kind, Message, Sink};\n\n#[allow(clippy::wildcard_imports, reason = \"all of them\")]\nuse crate::generated::actions::*;\nuse crate::schema::{self, ActionId};\nuse crate::TypedAction;\n\n\
         /// Any action, as a type of its own: what a server or proxy reads.\n\
         #[derive(Clone, Copy, Debug, PartialEq)]\n#[non_exhaustive]\n#[allow(clippy::large_enum_variant, reason = \"nothing is allocated\")]\npub enum Action<'a> {\n",
    );
    for (topic, action) in schema.actions() {
        writeln!(
            out,
            "/// {} `{}`.\n{}{}({}<'a>),",
            action.doc,
            action.wire,
            gate(topic),
            short(&action.name),
            action.name
        )?;
    }
    out += "}\n\nimpl<'a> Action<'a> {\n/// The action that a message is; `None` for a message that is no action, or one that the schema does not know.\n\
            pub fn decode(message: &Message<'a>) -> Option<Self> {\nlet name = if message.kind() == Kind::Action { message.name() } else { None };\nmatch schema::action(name?)?.id {\n";
    for (topic, action) in schema.actions() {
        writeln!(
            out,
            "{}ActionId::{short} => {}::decode(message).map(Self::{short}),",
            gate(topic),
            action.name,
            short = short(&action.name)
        )?;
    }
    out += "#[allow(unreachable_patterns, reason = \"reachable when a feature is off\")]\n_ => None,\n}\n}\n\n\
            /// Its number.\npub fn id(&self) -> ActionId {\nmatch self {\n";
    for (topic, action) in schema.actions() {
        writeln!(out, "{}Self::{short}(_) => ActionId::{short},", gate(topic), short = short(&action.name))?;
    }
    out += "}\n}\n\n\
            /// Writes it.\n///\n/// # Errors\n///\n/// CR, LF or NUL in a value, or what the sink says.\n\
            pub fn encode<S: Sink>(&self, sink: S) -> Result<S, EncodeError> {\nmatch self {\n";
    for (topic, action) in schema.actions() {
        writeln!(out, "{}Self::{}(action) => action.encode(sink),", gate(topic), short(&action.name))?;
    }
    out += "}\n}\n}\n\n\
            #[cfg(feature = \"serde\")]\nimpl serde::Serialize for Action<'_> {\n\
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {\nmatch self {\n";
    for (topic, action) in schema.actions() {
        writeln!(out, "{}Self::{}(action) => action.serialize(serializer),", gate(topic), short(&action.name))?;
    }
    out += "}\n}\n}\n";
    Ok(out)
}
