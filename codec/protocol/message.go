package protocol

import "errors"

// ErrMessage is returned for a frame that is no message of its protocol.
var ErrMessage = errors.New("not a message of this protocol")

// Kind says what a Message carries.
type Kind uint8

// The kinds of message, whatever the protocol on the wire. A protocol that has no
// form for one leaves it out. Those that only clients, or only servers, send say so.
const (
	SyncRequest      Kind = iota + 1 // Body: the sender's state vector; asks for what it lacks
	SyncReply                        // Body: an update, the answer to a SyncRequest; Version
	Update                           // Body: an update; Version; From
	Awareness                        // Body: an awareness update; From
	AwarenessRequest                 // asks for everyone's awareness
	Cursor                           // Body: the cursor, JSON, null for none; From
	Joined                           // User, of a server; a client's asks like AwarenessRequest
	Left                             // From, of a server; a client's withdraws its cursor
	RoomState                        // Room; Body: the document or the first part of it; Version. Servers only
	Ack                              // Version, Count. Servers only
	Failure                          // Code, Text. Servers only
	Notice                           // Level in Code, Text. Servers only
	Revoked                          // Text. Servers only
	Auth                             // Body: a fresh token; of a server, that it took one, and Time when that ends
	Ping                             // clients only
	Pong                             // Time. Servers only
	Signal                           // Text: an event such as "typing"; Body: a JSON object, what else is said of it; From
	Unknown                          // of a type or event that this version does not know. Clients only

	Kinds = iota + 1 // one above the last
)

// Message is what clients and rooms say to each other. Each Protocol writes it
// in its own way. What a decoded Message points to is borrowed from its frame.
type Message struct {
	Kind    Kind
	Body    []byte
	Version uint64 // of the document; from a client, the newest that it has seen, 0 for none
	Count   uint64 // how many of the receiver's updates are acknowledged
	Time    int64  // Unix time in milliseconds; 0 for none
	From    string // id of the user whose doing it is; servers only
	Code    string // what a program goes by
	Text    string // what a person reads
	User    *User
	Room    *Room
}

// User is who takes part, as others may see it.
type User struct {
	ID    string
	Name  string
	Color string // as in CSS, #rrggbb
}

// Room is what somebody who joins is told beside the document.
type Room struct {
	ID           string
	Participants []User
	ReadOnly     bool
	StateVector  []byte // of the document
	More         int    // Updates that follow and belong to the document
}

// The levels of a Notice.
const (
	Info    = "info"
	Warning = "warning"
)

// Protocol is one way to put Messages into WebSocket payloads. Implementations
// are stateless values, one a file.
type Protocol interface {
	// Name is the WebSocket subprotocol that selects it, and its label in metrics.
	Name() string
	// Text says whether its payloads travel in text frames.
	Text() bool
	// Native says whether it has messages for rooms, receipts, people and errors.
	// Without, there are documents, awareness and refusals.
	Native() bool
	// MaxUpdate is the length in bytes of the longest update whose message fits a frame of MaxFrame bytes.
	MaxUpdate() int
	// Next decodes the first message of payload into m and returns what follows
	// it. It may overwrite what it has decoded. It returns a *SyntaxError and
	// leaves the rest unread when payload is bad. A message of a type that is not
	// known is Unknown and no error; nothing is read behind it, as its length is not known.
	Next(payload []byte, m *Message) (rest []byte, err error)
	// Append encodes m as a payload. It appends nothing when the protocol has no form for m.
	Append(dst []byte, m Message) []byte
}
