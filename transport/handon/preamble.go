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

// version is the first byte of a preamble.
const version = 1

// maxPreamble is the length in bytes of the longest preamble. A room's name has some 300 bytes.
const maxPreamble = 8 << 10

// Preamble describes a connection of a client.
type Preamble struct {
	Room   string         // that the client asks for
	Node   string         // name of the node that hands it on
	Remote netip.AddrPort // of the connection that the client, or a proxy, has made
	Client netip.Addr     // that the client is counted by; zero: it is not counted
	Secure bool           // the client has come over TLS
}

// message is a preamble on its way.
type message struct {
	Preamble
	Secret string
}

// Answer says whether a connection is taken over.
type Answer uint8

// The answers to a preamble.
const (
	Accepted    Answer = iota
	BadSecret          // the secret is another
	BadPreamble        // the preamble cannot be understood
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

// appendPreamble appends the preamble of a connection.
func appendPreamble(dst []byte, p Preamble, secret string) ([]byte, error) {
	body, err := json.Marshal(message{p, secret})
	if err != nil {
		return nil, err
	}
	if len(body) > maxPreamble {
		return nil, errors.New("the preamble is too long")
	}
	dst = append(dst, version)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(body)))
	return append(dst, body...), nil
}

// readPreamble reads a preamble after its first byte. A *RefusedError is to be sent as the answer.
func readPreamble(r io.Reader, secret string) (Preamble, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return Preamble{}, err
	}
	n := binary.BigEndian.Uint16(size[:])
	if n > maxPreamble {
		return Preamble{}, errPreamble
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return Preamble{}, err
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return Preamble{}, errPreamble
	}
	if !sameSecret(m.Secret, secret) {
		return Preamble{}, errSecret
	}
	return m.Preamble, nil
}

// sameSecret compares in constant time, and finds no secret the same as an empty one.
func sameSecret(sent, ours string) bool {
	a, b := sha256.Sum256([]byte(sent)), sha256.Sum256([]byte(ours))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && ours != ""
}

// appendAnswer appends the answer to a preamble; nil: accepted.
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
