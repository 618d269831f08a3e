//! What a gap in a capture may hold is not missing: actions, responses, lists and logins on either side of it.

use ami_conformance::{Options, Releases, Sender, Session};

const BANNER: &str = "Asterisk Call Manager/11.0.0\r\n";
const LOGIN: &str = "Action: Login\nActionID: 1";
const LOGGED_IN: &str = "Response: Success\nActionID: 1\nMessage: Authentication accepted";

enum Step {
    Client(&'static str),
    Server(&'static str),
    Gap(Sender),
}

use Step::{Client, Gap, Server};

/// The rules that are broken.
fn broken(steps: &[Step]) -> Vec<&'static str> {
    // The messages here are short: of a release that was not recorded, no header is promised to be there.
    let release = Releases::parse("21").ok();
    let mut session = Session::new(0, Options { release, ..Options::default() });
    let mut offsets = [0, 0];
    for step in steps {
        let (sender, text) = match step {
            Client(text) => (Sender::Client, text),
            Server(text) => (Sender::Server, text),
            Gap(sender) => {
                session.gap(*sender);
                offsets[*sender as usize] += 1000;
                continue;
            }
        };
        let text =
            if text.ends_with("\r\n") { (*text).to_owned() } else { format!("{}\r\n\r\n", text.replace('\n', "\r\n")) };
        // Streams have messages one behind the other.
        let offset = &mut offsets[sender as usize];
        let parser = ami_wire::Parser::new().direction(sender.direction());
        let mut stream = ami_wire::Stream::with_framer(ami_wire::Framer::resume_at(parser, *offset));
        if *offset == 0 {
            stream = ami_wire::Stream::new(parser);
        }
        *offset += text.len() as u64;
        stream.feed(text.as_bytes());
        stream.end();
        while let Some(message) = stream.next() {
            session.push(sender, &message.unwrap());
        }
    }
    session.finish();
    session.findings().map(|finding| finding.rule.name).collect()
}

const PINGS: [Step; 3] = [Client("Action: Ping\nActionID: 2"), Client("Action: Ping\nActionID: 3"), Server(BANNER)];
const SECOND: Step = Server("Response: Success\nActionID: 3\nPing: Pong");

#[test]
fn a_response_may_be_in_the_gap() {
    let [two, three, banner] = PINGS;
    let steps = [Client(LOGIN), two, three, banner, Server(LOGGED_IN), SECOND];
    assert_eq!(broken(&steps), ["action/one-response"]);
    let [two, three, banner] = PINGS;
    let steps = [Client(LOGIN), two, three, banner, Server(LOGGED_IN), Gap(Sender::Server), SECOND];
    assert!(broken(&steps).is_empty());
    // The one to the login, too: what is answered then need not have come before it.
    let [two, three, banner] = PINGS;
    let steps = [Client(LOGIN), two, three, banner, Gap(Sender::Server), SECOND];
    assert!(broken(&steps).is_empty());
}

#[test]
fn an_action_may_be_in_the_gap() {
    let stray = || Server("Response: Success\nActionID: 9\nPing: Pong");
    let begin = || [Client(LOGIN), Server(BANNER), Server(LOGGED_IN)];
    let [a, b, c] = begin();
    assert_eq!(broken(&[a, b, c, Client("Action: Ping\nActionID: 3"), stray(), SECOND]), ["action/one-response"]);
    let [a, b, c] = begin();
    let steps = [a, b, c, Gap(Sender::Client), Client("Action: Ping\nActionID: 3"), stray(), SECOND];
    assert!(broken(&steps).is_empty());
}

const START: Step = Server("Response: Success\nActionID: 7\nEventList: start\nMessage: Channels will follow");
const ITEM: Step = Server("Event: CoreShowChannel\nActionID: 7\nChannel: PJSIP/1-1");
const END: Step = Server("Event: CoreShowChannelsComplete\nActionID: 7\nEventList: Complete\nListItems: 2");
const GOODBYE: Step = Server("Response: Goodbye\nActionID: 8\nMessage: Thanks for all the fish.");

#[test]
fn items_may_be_in_the_gap() {
    assert_eq!(broken(&[START, ITEM, END]), ["list/item-count"]);
    assert!(broken(&[START, ITEM, Gap(Sender::Server), END]).is_empty());
}

#[test]
fn the_start_or_the_end_of_a_list_may_be_in_the_gap() {
    assert_eq!(broken(&[START, ITEM, GOODBYE]), ["list/completed"]);
    assert!(broken(&[START, ITEM, Gap(Sender::Server), GOODBYE]).is_empty());
    let other = || Server("Response: Success\nActionID: 6\nPing: Pong");
    assert_eq!(broken(&[other(), END]), ["list/only-after-start"]);
    assert!(broken(&[other(), Gap(Sender::Server), END]).is_empty());
    let nameless = || Server("Event: CoreShowChannel\nChannel: PJSIP/1-1");
    assert_eq!(broken(&[START, nameless()]), ["action/event-id"]);
    assert!(broken(&[START, Gap(Sender::Server), nameless()]).is_empty());
}

#[test]
fn the_login_may_be_in_the_gap() {
    let event = || Server("Event: DeviceStateChange\nPrivilege: call,all\nDevice: SIP/1\nState: INUSE");
    assert_eq!(broken(&[Server(BANNER), event()]), ["session/no-events-before-login"]);
    assert!(broken(&[Server(BANNER), Gap(Sender::Server), event()]).is_empty());
    // And the banner: what comes first behind a gap is no first line.
    assert!(
        broken(&[Gap(Sender::Server), Server("some text\nResponse: Success\nActionID: 1")])
            .iter()
            .all(|rule| rule.starts_with("wire/"))
    );
}
