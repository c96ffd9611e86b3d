package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// CopyHeaders adds the headers of those names.
func CopyHeaders(to, from http.Header, names []string) {
	for _, name := range names {
		for _, value := range from.Values(name) {
			to.Add(name, value)
		}
	}
}

// Relay writes the body of an answer, each part as it comes. After an answer that is cut off the
// connection is closed without an end.
func Relay(w http.ResponseWriter, answer *http.Response) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // fails only for a connection that has none
	out := NewWriter(w)
	buffer := make([]byte, 32<<10)
	for {
		n, err := answer.Body.Read(buffer)
		if n > 0 {
			if _, gone := out.Write(buffer[:n]); gone != nil {
				return
			}
			_ = control.Flush() // the next write reports that the client has gone
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				out.Cut()
			}
			return
		}
	}
}

// DiscardInput makes a connection close after the answer, without waiting for a body that may never
// come.
func DiscardInput(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
}
