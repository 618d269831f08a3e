//! Typed events, actions and responses of the Asterisk Manager Interface.
//!
//! Every event and action that any release of Asterisk has, from 1.0 to today, is a type here. The types borrow from
//! an [`ami_wire::Message`], allocate nothing, and never fail: what is absent, empty, malformed or new is visible in
//! the field that it concerns, and the message with all its headers stays within reach.
//!
//! # An event, matched and read
//!
//! ```
//! use ami_types::{Event, TypedEvent, enums::DialStatus};
//!
//! let stream = b"Event: DialEnd\r\nPrivilege: call,all\r\nChannel: PJSIP/100-00000000\r\nUniqueid: 1795516943.398\r\n\
//!     DestChannel: PJSIP/200-00000001\r\nDestChannelState: 6\r\nDestUniqueid: 1795516943.399\r\n\
//!     DialStatus: ANSWER\r\nNewInTomorrowsRelease: yes\r\n\r\n";
//!
//! for message in ami_wire::messages(stream).filter_map(Result::ok) {
//!     match Event::decode(&message) {
//!         Event::DialEnd(dial) => {
//!             // Snapshots of the caller and of the destination.
//!             assert_eq!(dial.channel().name().unwrap(), "PJSIP/100-00000000");
//!             assert_eq!(dial.dest().uniqueid().unwrap(), "1795516943.399");
//!             // Values have types.
//!             assert_eq!(dial.dial_status().get(), Some(DialStatus::Answer));
//!             assert_eq!(dial.dest().state().get(), Some(ami_types::ChannelState::Up));
//!             // What is not there is `None`; what the schema does not know is still there.
//!             assert_eq!(dial.forward(), None);
//!             assert_eq!(dial.message().get("NewInTomorrowsRelease"), Some(&b"yes"[..]));
//!         }
//!         Event::Hangup(hangup) => println!("{:?}", hangup.cause().get().and_then(|cause| cause.name())),
//!         Event::Unknown(message) => println!("new to this crate: {message:?}"),
//!         _ => {}
//!     }
//! }
//! ```
//!
//! # An action, written
//!
//! What an action needs is an argument of `new`; the rest has setters.
//!
//! ```
//! use ami_types::{TypedAction, actions::OriginateAction};
//!
//! let action = OriginateAction::new("PJSIP/100")
//!     .with_action_id("7")
//!     .with_context("default")
//!     .with_exten("200")
//!     .with_priority("1")
//!     .with_variable(&["COLOUR=green"])
//!     .with_async_(true);
//! let mut memory = [0; 256];
//! let mut sink = ami_wire::SliceSink::new(&mut memory);
//! action.encode(&mut sink)?;
//! assert!(sink.written().starts_with(b"Action: Originate\r\nActionID: 7\r\nChannel: PJSIP/100\r\n"));
//! # Ok::<(), ami_wire::EncodeError>(())
//! ```
//!
//! An action without what it needs does not compile:
//!
//! ```compile_fail,E0061
//! ami_types::actions::OriginateAction::new();
//! ```
//!
//! # A response, and the list that follows
//!
//! ```
//! use ami_types::{Event, List, Step, TypedEvent, schema::ActionId};
//!
//! let stream = b"Response: Success\r\nActionID: 7\r\nEventList: start\r\n\r\n\
//!     Event: CoreShowChannel\r\nActionID: 7\r\nChannel: PJSIP/100-00000000\r\n\r\n\
//!     Event: CoreShowChannelsComplete\r\nActionID: 7\r\nEventList: Complete\r\nListItems: 1\r\n\r\n";
//! let mut list = List::new(ActionId::CoreShowChannels, Some("7"));
//! for message in ami_wire::messages(stream).filter_map(Result::ok) {
//!     match list.step(&message) {
//!         Step::Item(Event::CoreShowChannel(item)) => println!("{}", item.channel().name().unwrap()),
//!         Step::Complete(_) => assert_eq!((list.items(), list.announced()), (1, Some(1))),
//!         _ => {}
//!     }
//! }
//! assert!(list.is_over());
//! ```
//!
//! # The schema, asked at run time
//!
//! [`schema`] has everything as constant tables: classes, releases, headers with type and presence, lists.
//!
//! # Features
//!
//! Each topic (`channel`, `queue`, `pjsip`, …) but `session` is a feature that compiles its events and actions; `default`
//! is all of them. `serde` adds `Serialize` with the protocol's names, `proptest` and `arbitrary` make messages as the schema has
//! them. Without its feature an event decodes to [`Event::Unknown`]; the tables of [`schema`] are always complete.
#![no_std]
#![forbid(unsafe_code)]
// No input makes library code panic; tests may. See docs/assurance.md.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::exit,
        clippy::mem_forget
    )
)]
#![cfg_attr(
    not(feature = "all"),
    allow(dead_code, unused_imports, unreachable_pub, reason = "what serves the topics that are left out")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "arbitrary", feature = "proptest"))]
extern crate std;

mod action_values;
mod event;
#[cfg(any(feature = "arbitrary", feature = "proptest"))]
pub mod generate;
mod generated;
mod hash;
mod located;
mod release;
pub mod response;
pub mod schema;
#[cfg(feature = "serde")]
mod serialize;
mod text;
pub mod values;

/// The type of each action, from all topics.
pub mod actions {
    pub use crate::generated::action::Action;
    pub use crate::generated::actions::*;
}
/// The type of each event, from all topics.
pub mod events {
    pub use crate::generated::event::Event;
    pub use crate::generated::events::*;
    pub use crate::generated::snapshot::{BridgeSnapshot, ChannelSnapshot};
}
/// The type of each response that says more than `Message`, from all topics.
pub mod responses {
    pub use crate::generated::responses::*;
}
/// Enumerated values.
pub mod enums {
    pub use crate::generated::enums::*;
}

pub use action_values::{Headers, Repeated, Value};
pub use event::{TypedAction, TypedEvent};
pub use generated::action::Action;
pub use generated::event::Event;
pub use generated::snapshot::{BridgeSnapshot, ChannelSnapshot};
pub use located::{EventField, EventFields};
pub use response::{List, Response, Status, Step, TypedResponse};
pub use text::Text;
pub use values::{Cause, ChannelState, Field, FieldError};
