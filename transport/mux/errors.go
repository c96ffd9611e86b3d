package mux

import (
	"errors"
	"fmt"
	"net"
)

var (
	// ErrEnded says that the session has ended, and with it the stream. Errors that wrap it have
	// the reason; for Session.Close that is net.ErrClosed.
	ErrEnded = errors.New("mux: session has ended")
	// ErrReset says that the other node has reset the stream.
	ErrReset = errors.New("mux: stream was reset by the other node")
)

var (
	errTooLong    = fmt.Errorf("mux: openings and answers have at most %d bytes", maxPayload)
	errServer     = errors.New("mux: only clients open streams, and only servers answer")
	errAnswered   = errors.New("mux: stream is answered already")
	errUnanswered = errors.New("mux: stream is not answered yet")
	errEvents     = errors.New("mux: Read after Notify")
	errNoNumbers  = fmt.Errorf("%w: no numbers for streams are left", ErrEnded)
	errWriteEnded = fmt.Errorf("mux: write after CloseWrite: %w", net.ErrClosed)
)
