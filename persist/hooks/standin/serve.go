package standin

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/httpcall/faults"
)

// on makes h answer a route. h is called under the lock.
func (s *Receiver) on(mux *http.ServeMux, route string, h func(query) reply) {
	mux.HandleFunc("POST /"+route, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fault := s.faults.Next(route)
		faults.Pause(r, fault.Delay)
		var q query
		read := err == nil && json.Unmarshal(body, &q) == nil && q.Type == route
		signed := read && s.isSigned(r, body)
		answer := refuse(http.StatusBadRequest, "signature")
		if signed && (!fault.instead() || fault.CarriedOut) {
			answer = s.answer(q, h)
		}
		if signed {
			answer = fault.apply(w, answer)
		}
		id := r.Header.Get(standardwebhooks.HeaderID)
		s.log(Call{route, q.Room, answer.status, id, string(body)})
		if fault.Cut {
			panic(http.ErrAbortHandler)
		}
		write(w, answer)
	})
}

func (s *Receiver) isSigned(r *http.Request, body []byte) bool {
	return standardwebhooks.Verify(r.Header, body, s.opt.Now().Unix(), s.secret) == nil
}

func (s *Receiver) answer(q query, h func(query) reply) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return h(q)
}

func (s *Receiver) log(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}

// Calls returns the calls so far, in the order of their answers.
func (s *Receiver) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count returns the number of calls of a route that were answered or cut; empty: of all routes.
func (s *Receiver) Count(route string) (n int) {
	for _, c := range s.Calls() {
		if route == "" || c.Route == route {
			n++
		}
	}
	return n
}

func write(w http.ResponseWriter, r reply) {
	if r.etag != "" {
		w.Header().Set("ETag", r.etag)
	}
	if r.kind != "" {
		w.Header().Set("Content-Type", r.kind)
	}
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.body)
}
