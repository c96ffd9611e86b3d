package httpapi

import (
	"net/http"
	"time"
)

// AnswerTime is how long a client may take to take an answer, or a part of a long one.
const AnswerTime = 30 * time.Second

// Writer writes an answer of any length: its client may take AnswerTime for each part. Use
// NewWriter.
type Writer struct {
	Written int64 // bytes

	w       http.ResponseWriter
	control *http.ResponseController
}

// NewWriter returns a Writer that has written nothing yet.
func NewWriter(w http.ResponseWriter) *Writer {
	return &Writer{w: w, control: http.NewResponseController(w)}
}

// Write implements io.Writer.
func (p *Writer) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(AnswerTime)) // fails for a connection without one
	n, err := p.w.Write(b)
	if p.Written == 0 && err == nil {
		err = p.control.Flush() // the client knows that it has begun
	}
	p.Written += int64(n)
	return n, err
}

// Cut closes the connection, so that the client does not take the answer for a whole one.
func (p *Writer) Cut() {
	conn, _, err := p.control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, which these listeners do not speak
	}
	_ = conn.Close() // it is over in any case
}

// piece is how much of a body is written within AnswerTime, in bytes.
const piece = 1 << 20

// WriteAll writes the body of an answer whose header is written.
func WriteAll(w http.ResponseWriter, body []byte) {
	out := NewWriter(w)
	for len(body) > 0 {
		n, err := out.Write(body[:min(piece, len(body))])
		if err != nil {
			return // the client has gone
		}
		body = body[n:]
	}
}
