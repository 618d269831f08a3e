//! The events that the model understands.

macro_rules! events {
    ($($name:ident = $wire:literal, $order:ident;)*) => {
        /// An event, as far as the model and the rules tell events apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are the protocol's")]
        pub enum Event { $($name,)* Other }

        const ALL: &[Event] = &[$(Event::$name,)* Event::Other];

        impl Event {
            /// How many events are told apart, the other ones counted as one.
            pub(crate) const COUNT: usize = ALL.len();

            /// The event with this name on the wire.
            pub fn from_name(name: &[u8]) -> Self {
                let Some(candidates) = BY_LENGTH.get(name.len()) else { return Self::Other };
                let events = candidates.iter().map_while(|at| ALL.get(usize::from(*at)));
                events.copied().find(|event| event.name().as_bytes() == name).unwrap_or(Self::Other)
            }

            /// The name on the wire; empty for those that are not told apart.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* Self::Other => "" }
            }

            /// How its place among other events is promised.
            pub const fn order(self) -> Order {
                match self { $(Self::$name => Order::$order,)* Self::Other => Order::Application }
            }
        }
    };
}

/// The positions in `ALL` of the events whose names have a length; the places behind the last are beyond the end.
const BY_LENGTH: [[u8; 16]; 33] = {
    let mut table = [[u8::MAX; 16]; 33];
    let mut at = 0;
    while at + 1 < Event::COUNT {
        let length = ALL[at].name().len();
        let mut free = 0;
        while table[length][free] != u8::MAX {
            free += 1;
        }
        table[length][free] = at as u8;
        at += 1;
    }
    table
};

/// How the place of an event among others is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Written by the one hand that writes snapshots, dials, bridges, DTMF and variables: in order for a channel.
    Channel,
    /// Said by an application, which can come a few messages after the channel's end.
    Application,
    /// Published by another subsystem: no rule about channels or bridges looks at it.
    Elsewhere,
}

events! {
    Newchannel = "Newchannel", Channel;
    Newstate = "Newstate", Channel;
    Newexten = "Newexten", Channel;
    NewCallerid = "NewCallerid", Channel;
    OldCallerid = "Newcallerid", Channel;
    NewConnectedLine = "NewConnectedLine", Channel;
    NewAccountCode = "NewAccountCode", Channel;
    Hangup = "Hangup", Channel;
    Rename = "Rename", Channel;
    DialBegin = "DialBegin", Channel;
    DialState = "DialState", Channel;
    DialEnd = "DialEnd", Channel;
    BridgeCreate = "BridgeCreate", Channel;
    BridgeDestroy = "BridgeDestroy", Channel;
    BridgeEnter = "BridgeEnter", Channel;
    BridgeLeave = "BridgeLeave", Channel;
    BridgeMerge = "BridgeMerge", Channel;
    DtmfBegin = "DTMFBegin", Channel;
    DtmfEnd = "DTMFEnd", Channel;
    VarSet = "VarSet", Channel;
    Dial = "Dial", Channel;
    Link = "Link", Channel;
    Unlink = "Unlink", Channel;
    Bridge = "Bridge", Channel;
    Dtmf = "DTMF", Channel;
    Masquerade = "Masquerade", Channel;
    Pickup = "Pickup", Application;
    AttendedTransfer = "AttendedTransfer", Application;
    BlindTransfer = "BlindTransfer", Application;
    Transfer = "Transfer", Application;
    ParkedCall = "ParkedCall", Application;
    UnParkedCall = "UnParkedCall", Application;
    ParkedCallTimeOut = "ParkedCallTimeOut", Application;
    ParkedCallGiveUp = "ParkedCallGiveUp", Application;
    ParkedCallSwap = "ParkedCallSwap", Application;
    LocalBridge = "LocalBridge", Application;
    LocalOptimizationBegin = "LocalOptimizationBegin", Application;
    LocalOptimizationEnd = "LocalOptimizationEnd", Application;
    LocalOptimization = "LocalOptimization", Application;
    Hold = "Hold", Application;
    Unhold = "Unhold", Application;
    MusicOnHoldStart = "MusicOnHoldStart", Application;
    MusicOnHoldStop = "MusicOnHoldStop", Application;
    MixMonitorStart = "MixMonitorStart", Application;
    MixMonitorStop = "MixMonitorStop", Application;
    ChannelTalkingStart = "ChannelTalkingStart", Application;
    ChannelTalkingStop = "ChannelTalkingStop", Application;
    ChanSpyStart = "ChanSpyStart", Application;
    ChanSpyStop = "ChanSpyStop", Application;
    QueueCallerJoin = "QueueCallerJoin", Application;
    QueueCallerAbandon = "QueueCallerAbandon", Application;
    QueueCallerLeave = "QueueCallerLeave", Application;
    AgentCalled = "AgentCalled", Application;
    AgentConnect = "AgentConnect", Application;
    AgentRingNoAnswer = "AgentRingNoAnswer", Application;
    AgentComplete = "AgentComplete", Application;
    AgentDump = "AgentDump", Application;
    ConfbridgeStart = "ConfbridgeStart", Application;
    ConfbridgeJoin = "ConfbridgeJoin", Application;
    ConfbridgeLeave = "ConfbridgeLeave", Application;
    ConfbridgeEnd = "ConfbridgeEnd", Application;
    AsyncAgiStart = "AsyncAGIStart", Application;
    AsyncAgiExec = "AsyncAGIExec", Application;
    AsyncAgiEnd = "AsyncAGIEnd", Application;
    AgiExecStart = "AGIExecStart", Application;
    AgiExecEnd = "AGIExecEnd", Application;
    OriginateResponse = "OriginateResponse", Application;
    Cel = "CEL", Elsewhere;
    Cdr = "Cdr", Elsewhere;
    UserEvent = "UserEvent", Elsewhere;
    TestEvent = "TestEvent", Elsewhere;
}
