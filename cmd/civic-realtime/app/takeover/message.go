package takeover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// version is the version of the messages. Successors and predecessors of different versions do not
// understand each other; the field "takeover" of their first messages is the same in all versions.
const version = 1

// message is any message of this package.
type message struct {
	Version  int          `json:"takeover,omitempty"`
	PID      int          `json:"pid,omitempty"`
	Sockets  []socketInfo `json:"sockets,omitempty"`
	Begin    bool         `json:"begin,omitempty"`
	Released bool         `json:"released,omitempty"`
	Ready    bool         `json:"ready,omitempty"`
	Error    string       `json:"error,omitempty"`
}

// socketInfo describes a socket whose descriptor comes with the message.
type socketInfo struct {
	Name string `json:"name"`
	Kept bool   `json:"kept,omitempty"`
}

// maxMessage is the length of the longest message, in bytes.
const maxMessage = 16 << 10

// peer is the connection to the other process.
type peer struct {
	conn *net.UnixConn
	rest []byte // bytes that were read, and belong to the next message
}

func (p *peer) send(m message) error { return p.sendWith(m, nil) }

// sendWith sends a message with descriptors.
func (p *peer) sendWith(m message, descriptors []byte) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
	_, _, err = p.conn.WriteMsgUnix(append(text, '\n'), descriptors, nil)
	return err
}

// patience is how long the other process may take to read or send a message that it has at hand.
const patience = 10 * time.Second

// receive waits for a message: for patience, or as long as it takes if that is zero. Descriptors
// that come with it are appended to oob.
func (p *peer) receive(patience time.Duration, oob *[]byte) (m message, err error) {
	deadline := time.Time{}
	if patience > 0 {
		deadline = time.Now().Add(patience)
	}
	_ = p.conn.SetReadDeadline(deadline)
	for {
		if line, rest, whole := bytes.Cut(p.rest, []byte("\n")); whole {
			p.rest = rest
			if err := json.Unmarshal(line, &m); err != nil {
				return m, fmt.Errorf("a message that is not understood: %w", err)
			}
			return m, nil
		}
		if len(p.rest) > maxMessage {
			return m, errors.New("a message that is too long")
		}
		if err := p.read(oob); err != nil {
			return m, err
		}
	}
}

// read reads more bytes, and descriptors if oob is not nil.
func (p *peer) read(oob *[]byte) error {
	b := make([]byte, 4096)
	space := []byte(nil)
	if oob != nil {
		space = make([]byte, descriptorSpace)
	}
	n, k, _, _, err := p.conn.ReadMsgUnix(b, space)
	if err == nil && n == 0 {
		err = net.ErrClosed
	}
	if err != nil {
		return err
	}
	p.rest = append(p.rest, b[:n]...)
	if oob != nil {
		*oob = append(*oob, space[:k]...)
	}
	return nil
}
