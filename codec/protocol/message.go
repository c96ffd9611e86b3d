package protocol

import "errors"

// ErrMessage is the error of a payload that is not a message of its protocol.
var ErrMessage = errors.New("not a message of this protocol")

// Kind is the type of a Message.
type Kind uint8

// The kinds of messages, with the fields that each has. A protocol that has no form for a kind
// does not write it.
const (
	SyncRequest      Kind = iota + 1 // Body: a state vector; asks for the updates that it lacks
	SyncReply                        // Body: an update, the answer to a SyncRequest; Version
	Update                           // Body: an update; Version; From
	Awareness                        // Body: an awareness update; From
	AwarenessRequest                 // asks for all awareness states
	Cursor                           // Body: the cursor in JSON, null for none; From
	Joined                           // User; from a client nothing, like an AwarenessRequest
	Left                             // From; from a client nothing, it removes its cursor
	RoomState                        // Room; Body: the document or its first part; Version
	Ack                              // Version, Count; of Counted receipts 0: an update is refused
	Failure                          // Code, Text: an error
	Notice                           // Code: its level, Text; from an administrator, to all
	Revoked                          // Text: why the session ends
	Auth                             // from clients Body: a token; from servers Time: its end
	Ping                             // no field
	Pong                             // Time
	Signal                           // Text: an event; Body: its members, a JSON object; From
	Kick                             // User: its ID; Text: a reason; Count: seconds to stay out
	Lock                             // Text: a reason
	Unlock                           // no field
	Access                           // Room: only its ReadOnly
	Stateless                        // Body: a text that is for programs and not kept
	Refusal                          // Text: why a document is not opened, or not any more
	TokenRequest                     // no field; asks for a fresh token
	Detach                           // from clients nothing; from servers Text: why a document ends
	Unknown                          // a message of a type or event that is not known

	Kinds = iota + 1 // one above the last
)

// Message is a message between a client and a room, in the form that all protocols share. A decoded
// Message borrows its payload.
type Message struct {
	Kind    Kind
	Body    []byte
	Version uint64 // of the document; from clients the newest they know, 0 for none
	Count   uint64 // how many of the receiver's updates are acknowledged; of a Kick seconds
	Time    int64  // Unix time in milliseconds; 0 for none
	From    string // id of its author; from servers only
	Code    string // for programs
	Text    string // for people, except in a Signal, and in an Auth: the client's version
	User    *User
	Room    *Room
}

// User is a participant, as shown to others.
type User struct {
	ID    string
	Name  string
	Color string // as in CSS, #rrggbb
}

// Room is the content of a RoomState beside the document.
type Room struct {
	ID           string
	Participants []User
	ReadOnly     bool
	StateVector  []byte // of the document
	More         int    // number of Updates that follow as further parts of the document
	Settled      uint64 // how many of the receiver's updates have their Ack, or will have none
}

// The levels of a Notice.
const (
	Info    = "info"
	Warning = "warning"
)

// Receipts is how a client learns that the room has its updates.
type Receipts uint8

const (
	// Echoed updates come back to their author.
	Echoed Receipts = iota
	// Summed updates are acknowledged by Acks, each of which may be for several.
	Summed
	// Counted updates have one Ack each: with a Count of 1 when it is durable, of 0 when it is
	// refused. The client counts those that wait, from 1 at each SyncRequest of its own: its reply
	// to the room's SyncRequest, which answers that, has an Ack, too.
	Counted
)

// isLevel reports whether a text is one of the levels.
func isLevel(text string) bool { return text == Info || text == Warning }

// Protocol encodes Messages as WebSocket payloads. Implementations are stateless values.
type Protocol interface {
	// Name is the WebSocket subprotocol that selects it, and its label in metrics.
	Name() string
	// Text reports whether payloads travel in text frames.
	Text() bool
	// Native reports whether it is one of this server's own protocols, which have messages for
	// rooms, acknowledgements, users and errors. Others have documents, awareness and permissions.
	Native() bool
	// Receipts returns how updates of clients are acknowledged.
	Receipts() Receipts
	// MaxUpdate returns the length in bytes of the longest update whose message fits a frame of
	// websocket.MaxFrame bytes.
	MaxUpdate() int
	// Next decodes the first message of payload into m and returns the rest of payload. It may
	// overwrite the bytes it has decoded. Its error is a *lib0.SyntaxError; then rest is payload.
	// A message of a type that is not known is Unknown and no error, and has no rest, as its
	// length is not known.
	Next(payload []byte, m *Message) (rest []byte, err error)
	// Append appends m as a payload, or nothing if the protocol has no form for m.
	Append(dst []byte, m Message) []byte
}
