package mux

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestClientBreaksProtocol shows which frames of a client end the session.
func TestClientBreaksProtocol(t *testing.T) {
	full := strings.Repeat(data(1, maxPayload), Window/maxPayload)
	for name, test := range map[string]struct{ sent, reason string }{
		"kind 0":                  {frame(1, 0, 0, ""), "no such kind"},
		"kind 7":                  {frame(1, 7, 0, ""), "no such kind"},
		"long opening":            {frame(2, kindOpen, maxPayload+1, ""), "too long"},
		"long data":               {frame(1, kindData, maxPayload+1, ""), "too long"},
		"very long data":          {frame(1, kindData, 1<<24-1, ""), "too long"},
		"end with a length":       {frame(1, kindEnd, 1, ""), "length"},
		"reset with a length":     {frame(1, kindReset, 1, ""), "length"},
		"stream in use":           {frame(1, kindOpen, 0, ""), "ascending"},
		"stream 0":                {frame(0, kindOpen, 0, ""), "ascending"},
		"not ascending":           {frame(9, kindOpen, 4, "wait") + frame(5, kindOpen, 0, ""), "ascending"},
		"answer":                  {frame(1, kindAnswer, 0, ""), "only servers"},
		"beyond the window":       {full + data(1, 1), "beyond the window"},
		"window too large":        {frame(1, kindWindow, 1, ""), "window too large"},
		"window much too large":   {frame(1, kindWindow, 1<<24-1, ""), "window too large"},
		"never opened":            {data(2, 1), "never opened"},
		"never opened, window":    {frame(2, kindWindow, 1, ""), "never opened"},
		"never opened, reset":     {frame(2, kindReset, 0, ""), "never opened"},
		"data of stream 0":        {data(0, 1), "never opened"},
		"data after the end":      {frame(1, kindEnd, 0, "") + data(1, 1), "has ended"},
		"second end":              {strings.Repeat(frame(1, kindEnd, 0, ""), 2), "has ended"},
		"data before the answer":  {frame(2, kindOpen, 4, "wait") + data(2, 1), "not answered"},
		"end before the answer":   {frame(2, kindOpen, 4, "wait") + frame(2, kindEnd, 0, ""), "not answered"},
		"window before an answer": {frame(2, kindOpen, 4, "wait") + frame(2, kindWindow, 0, ""), "not answered"},
		"half a head":             {"\x00\x00\x00", "unexpected EOF"},
		"half a payload":          {frame(1, kindData, 2, "x"), "unexpected EOF"},
		"nothing":                 {"", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, session, accepted, ended := rawClient(t)
			raw.send(frame(1, kindOpen, 1, "x"))
			raw.mustCome(t, 1, kindAnswer, "x")
			r := record(await(t, accepted))
			raw.send(test.sent)
			if strings.Contains(test.reason, "EOF") {
				raw.Close()
			}
			err := await(t, ended)
			if !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%v", err)
			}
			if !errors.Is(session.Err(), err) || session.Streams() != 0 {
				t.Errorf("%v, and there are %d streams", session.Err(), session.Streams())
			}
			if last := r.ended[len(r.ended)-1]; !errors.Is(last, ErrEnded) {
				t.Errorf("the stream has ended with %v", last)
			}
			if _, err := raw.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("the connection is not closed: %v", err)
			}
		})
	}
}

// TestServerBreaksProtocol shows which frames of a server end the session.
func TestServerBreaksProtocol(t *testing.T) {
	answer := frame(1, kindAnswer, 0, "")
	for name, test := range map[string]struct{ sent, reason string }{
		"open":                   {frame(2, kindOpen, 0, ""), "only clients"},
		"long answer":            {frame(1, kindAnswer, maxPayload+1, ""), "too long"},
		"second answer":          {answer + answer, "answered already"},
		"answer without open":    {frame(2, kindAnswer, 0, ""), "never opened"},
		"data before the answer": {data(1, 1), "not answered"},
		"end before the answer":  {frame(1, kindEnd, 0, ""), "not answered"},
	} {
		t.Run(name, func(t *testing.T) {
			raw, session, ended := rawServer(t)
			opened := make(chan error, 1)
			go func() {
				_, _, err := session.Open(context.Background(), nil)
				opened <- err
			}()
			raw.mustCome(t, 1, kindOpen, "")
			raw.send(test.sent)
			err := await(t, ended)
			if !errors.Is(err, ErrEnded) || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("%v", err)
			}
			if err := await(t, opened); (err == nil) != (name == "second answer") || err != nil && !errors.Is(err, ErrEnded) {
				t.Errorf("Open returns %v", err)
			}
		})
	}
}

// TestLateFrames shows that frames for a stream that has ended here are dropped, whatever they are,
// and that the session goes on.
func TestLateFrames(t *testing.T) {
	raw, session, accepted, _ := rawClient(t)
	late := []string{
		data(1, maxPayload), data(1, maxPayload), data(1, maxPayload), data(1, maxPayload), data(1, maxPayload),
		frame(1, kindWindow, 1<<20, ""), frame(1, kindEnd, 0, ""), data(1, 1), frame(1, kindReset, 0, ""),
	}
	raw.send(frame(1, kindOpen, 1, "x"))
	raw.mustCome(t, 1, kindAnswer, "x")
	st := await(t, accepted)
	r := record(st)
	st.Reset()
	raw.mustCome(t, 1, kindReset, "")
	raw.send(late...)
	raw.send(frame(7, kindOpen, 1, "y"))
	raw.mustCome(t, 7, kindAnswer, "y")
	raw.send(frame(7, kindReset, 0, ""), data(7, 1), frame(8, kindOpen, 1, "z"))
	raw.mustCome(t, 8, kindAnswer, "z")
	if err := session.Err(); err != nil || len(r.got) > 0 || len(r.ended) > 0 {
		t.Errorf("%v, and %d bytes and %v have come", err, len(r.got), r.ended)
	}
}
