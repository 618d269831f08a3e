//! Responses that say more than `Message`: a type for each.

use std::fmt::Write as _;

use anyhow::Result;

use super::events::accessor;
use super::{enum_imports, field_doc, imports, short};
use crate::schema::{Schema, Topic};

/// Whether an action of the topic has a response of its own type.
pub(super) fn has(topic: &Topic) -> bool {
    topic.actions.iter().any(|action| !action.response.is_empty())
}

/// One module: the responses of a topic.
pub(super) fn topic(schema: &Schema, topic: &Topic) -> Result<String> {
    let mut body = String::new();
    for action in topic.actions.iter().filter(|action| !action.response.is_empty()) {
        let name = format!("{}Response", short(&action.name));
        writeln!(
            body,
            "/// The response to `{}`.\n#[derive(Clone, Copy, Debug)]\npub struct {name}<'a>(Located<'a, {}>);\n\nimpl<'a> {name}<'a> {{",
            action.wire,
            action.response.len()
        )?;
        for (index, field) in action.response.iter().enumerate() {
            body += &field_doc(schema, field, action.releases);
            accessor(&mut body, field, index, "self.0.view()")?;
        }
        writeln!(
            body,
            "}}\n\nimpl<'a> TypedResponse<'a> for {name}<'a> {{\nconst ACTION: ActionId = ActionId::{};\n\n\
             #[inline]\nfn locate(message: &Message<'a>) -> Self {{ Self(Located::new(message, Self::ACTION.def().response_by_name())) }}\n\n\
             #[inline]\nfn message(&self) -> &Message<'a> {{ self.0.message() }}\n}}\n",
            short(&action.name)
        )?;
    }
    let fields = topic.actions.iter().flat_map(|action| &action.response);
    Ok(format!("//! {}\n\n{}{}\n{body}", topic.doc, enum_imports(fields), imports(&body)))
}
