package standin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/persist/httpcall/faults"
)

// maxBody is the size of the largest body that the API takes, in bytes.
const maxBody = 10 << 20

// on makes h answer a route. h is called under the lock.
func (a *API) on(pattern, route string, h func(query) reply) {
	a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		q := query{Request: r}
		var err error
		q.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		fault := a.faults.Next(route)
		faults.Pause(r, fault.Delay)
		answer := reply{}
		if !fault.instead() || fault.CarriedOut {
			answer = a.answer(w, q, route, h, err)
		}
		answer = fault.apply(w, q, answer)
		a.log(q, route, answer.status)
		if fault.Cut {
			panic(http.ErrAbortHandler)
		}
		write(w, answer)
	})
}

// answer counts a call against the limits and carries it out.
func (a *API) answer(
	w http.ResponseWriter, q query, route string, h func(query) reply, err error,
) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, over := a.limited(w, route); over {
		return r
	}
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		e := object{"message": "Internal Server Error", "code": "unknown"}
		return reply{http.StatusRequestEntityTooLarge, object{"error": e, "timestamp": a.now()}}
	}
	scheme, token, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		q.token, q.user = token, a.bearer(token)
	}
	return h(q)
}

func write(w http.ResponseWriter, r reply) {
	if s, ok := r.body.(string); ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, s)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(r.status)
	_ = json.NewEncoder(w).Encode(r.body)
}

func (a *API) noRoute(q query) reply { return noRoute(q, a.now()) }
