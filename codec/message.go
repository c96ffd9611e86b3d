package codec

import "errors"

// ErrMessage is returned for a frame that is no message of its protocol.
var ErrMessage = errors.New("not a message of this protocol")

// Kind says what a Message carries.
type Kind uint8

// The kinds of message, whatever the protocol on the wire.
const (
	SyncRequest      Kind = iota + 1 // Body: the sender's state vector; asks for what it lacks
	SyncReply                        // Body: an update, the answer to a SyncRequest
	Update                           // Body: an update
	Awareness                        // Body: an awareness update
	AwarenessRequest                 // no body; asks for everyone's awareness
	Denied                           // Body: the reason, UTF-8
)

// Message is what clients and rooms say to each other. Each Protocol writes it
// in its own way. Body is borrowed from the frame it was decoded from.
type Message struct {
	Kind Kind
	Body []byte
}

// Protocol is one way to put Messages into WebSocket payloads. Implementations
// are stateless values, one a file.
type Protocol interface {
	// Name is the WebSocket subprotocol that selects it, and its label in metrics.
	Name() string
	// Text says whether its payloads travel in text frames.
	Text() bool
	// Next decodes the first message of payload into m and returns what follows
	// it. It returns a *SyntaxError and leaves the rest unread when payload is bad.
	Next(payload []byte, m *Message) (rest []byte, err error)
	// Append encodes m as a payload.
	Append(dst []byte, m Message) []byte
}
