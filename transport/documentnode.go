package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// handshake asks the other node for a WebSocket. What has come after its answer is added
// to frames.
func (m *remoteDocument) handshake(cfg *Config) error {
	_ = m.stream.SetDeadline(time.Now().Add(cfg.HandshakeTimeout))
	_, err := fmt.Fprintf(m.stream, "GET %s HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", cfg.DocumentPath)
	if err != nil {
		return err
	}
	in := bufio.NewReader(m.stream)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return errors.New("the node answers " + answer.Status)
	}
	early, _ := in.Peek(in.Buffered())
	m.frames.add(append([]byte(nil), early...))
	return m.stream.SetDeadline(time.Time{})
}

// closeReason returns the reason in a close frame.
func closeReason(payload []byte) *engine.CloseError {
	if len(payload) < 2 {
		return errMoved
	}
	code := binary.BigEndian.Uint16(payload)
	why := &engine.CloseError{Code: engine.CloseUnavailable, Reason: string(payload[2:])}
	switch {
	case engine.CloseCode(code) == closeNotAuthenticated:
		why.Code = closeNotAuthenticated
	case code >= 4400 && code < 4500, code == 4001, code == 4003, code == 4004:
		why.Code = engine.CloseForbidden
	}
	return why
}
