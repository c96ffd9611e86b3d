package handon

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
)

// version is the first byte of a hello.
const version = 2

// maxPreamble is the length in bytes of the longest preamble, and of the longest hello. A room's
// name has some 300 bytes.
const maxPreamble = 8 << 10

// Preamble describes a connection of a client.
type Preamble struct {
	Room   string         // that the client asks for
	Node   string         `json:"-"` // name of the node that hands it on
	Remote netip.AddrPort // of the connection that the client, or a proxy, has made
	Client netip.Addr     // that the client is counted by; zero: it is not counted
	Secure bool           // the client has come over TLS
}

// hello is what a node says of itself when it connects.
type hello struct{ Node, Secret string }

// Answer says whether a connection, or a stream of one, is taken over.
type Answer uint8

// The answers.
const (
	Accepted    Answer = iota
	BadSecret          // the secret is another
	BadPreamble        // the hello or the preamble cannot be understood
	NotOwner           // this node does not own the room
	NotReady           // this node serves nobody now
	answers
)

var answerNames = [answers]string{"accepted", "bad_secret", "bad_preamble", "not_owner", "not_ready"}

// String returns the answer's name.
func (a Answer) String() string {
	if a < answers {
		return answerNames[a]
	}
	return fmt.Sprintf("answer %d", uint8(a))
}

// Refusals returns the names of all answers but Accepted.
func Refusals() []string { return slices.Clone(answerNames[1:]) }

// RefusedError is the answer of a node that does not take a connection over.
type RefusedError struct {
	Answer Answer
	Reason string // for the operator; at most 255 bytes are sent
}

// Error implements error.
func (e *RefusedError) Error() string { return "refused by the node: " + e.Reason }

var (
	errSecret   = &RefusedError{BadSecret, "the nodes have different secrets (cluster.secret)"}
	errVersion  = &RefusedError{BadPreamble, "the nodes speak different versions"}
	errPreamble = &RefusedError{BadPreamble, "the preamble cannot be read"}
)

var errTooLong = errors.New("the preamble is too long")

// appendHello appends a hello.
func appendHello(dst []byte, h hello) ([]byte, error) {
	body, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(body) > maxPreamble {
		return nil, errTooLong
	}
	dst = append(dst, version)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(body)))
	return append(dst, body...), nil
}

// readHello reads a hello after its first byte, and returns the node's name. A *RefusedError is to
// be sent as the answer.
func readHello(r io.Reader, secret string) (node string, err error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint16(size[:])
	if n > maxPreamble {
		return "", errPreamble
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return "", err
	}
	var h hello
	if err := json.Unmarshal(body, &h); err != nil {
		return "", errPreamble
	}
	if !sameSecret(h.Secret, secret) {
		return "", errSecret
	}
	return h.Node, nil
}

// encode returns what opens the stream of a connection.
func (p Preamble) encode() ([]byte, error) {
	b, err := json.Marshal(p)
	if err == nil && len(b) > maxPreamble {
		err = errTooLong
	}
	return b, err
}

// decodePreamble reads what has opened a stream.
func decodePreamble(b []byte) (p Preamble, refused *RefusedError) {
	if err := json.Unmarshal(b, &p); err != nil {
		return p, errPreamble
	}
	return p, nil
}

// sameSecret compares in constant time, and finds no secret the same as an empty one.
func sameSecret(sent, ours string) bool {
	a, b := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(ours))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && ours != ""
}

// appendAnswer appends an answer; nil: accepted.
func appendAnswer(dst []byte, refused *RefusedError) []byte {
	if refused == nil {
		return append(dst, byte(Accepted), 0)
	}
	reason := refused.Reason[:min(len(refused.Reason), math.MaxUint8)]
	dst = append(dst, byte(refused.Answer), byte(len(reason)))
	return append(dst, reason...)
}

// readAnswer returns a *RefusedError if the answer is not Accepted.
func readAnswer(r io.Reader) error {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	reason := make([]byte, head[1])
	if _, err := io.ReadFull(r, reason); err != nil {
		return err
	}
	if Answer(head[0]) == Accepted {
		return nil
	}
	return &RefusedError{Answer(head[0]), string(reason)}
}
