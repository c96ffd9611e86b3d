package mux

import (
	"context"
	"math"
	"net"
)

// Open opens a stream and waits for the answer; opening has at most 16 KiB. The end of ctx ends the
// wait, and resets the stream. The error is ErrReset if the other node has reset the stream instead
// of an answer, and wraps ErrEnded if the session has ended, or can open no more streams.
func (s *Session) Open(ctx context.Context, opening []byte) (*Stream, []byte, error) {
	if len(opening) > maxPayload {
		return nil, nil, errTooLong
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.openError(); err != nil {
		return nil, nil, err
	}
	st := s.add(s.last + 1)
	s.push(head{st.id, kindOpen, len(opening)}, opening)
	return st.awaitAnswer(ctx)
}

// openError returns why no stream can be opened, nil if one can. The lock must be held.
func (s *Session) openError() error {
	switch {
	case s.err != nil:
		return s.err
	case !s.client:
		return errServer
	case s.last == math.MaxUint32:
		return errNoNumbers
	}
	return nil
}

// awaitAnswer waits for the answer to a new stream. The lock must be held.
func (st *Stream) awaitAnswer(ctx context.Context) (*Stream, []byte, error) {
	stop := context.AfterFunc(ctx, func() {
		st.session.mu.Lock()
		defer st.session.mu.Unlock()
		st.readable.Broadcast()
	})
	defer stop()
	for !st.answered && st.err == nil && ctx.Err() == nil {
		st.readable.Wait()
	}
	switch {
	case st.answered: // and maybe reset since; the answer may say why
		answer := st.answer
		st.answer = nil
		return st, answer, nil
	case st.err != nil:
		return nil, nil, st.err
	}
	st.reset()
	return nil, nil, ctx.Err()
}

// Answer answers the opening of a stream, on the server, with at most 16 KiB. It is to be called
// once, before anything is written. An answer that refuses the stream is followed by Close.
func (st *Stream) Answer(payload []byte) error {
	if len(payload) > maxPayload {
		return errTooLong
	}
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	switch {
	case st.session.client:
		return errServer
	case st.closed:
		return net.ErrClosed
	case st.err != nil:
		return st.err
	case st.answered:
		return errAnswered
	}
	st.answered = true
	st.session.push(head{st.id, kindAnswer, len(payload)}, payload)
	return nil
}
