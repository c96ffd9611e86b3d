package standin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBody is what the API takes.
const maxBody = 10 << 20

// query is one call as handlers see it.
type query struct {
	*http.Request
	body  []byte
	token string // of the Authorization header
	user  *user  // whose token it is; nil: a passer-by's
}

// reply is an answer. A body that is a string is sent as it is, others as JSON.
type reply struct {
	status int
	body   any
}

// object is JSON.
type object map[string]any

func success(status int, data any) reply { return reply{status, object{"success": true, "data": data}} }

func failure(status int, code, message string) reply {
	e := object{"message": message}
	if code != "" {
		e["code"] = code
	}
	return reply{status, object{"success": false, "error": e}}
}

// on has a route answered by h, under the lock.
func (a *API) on(pattern, route string, h func(query) reply) {
	a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		q := query{Request: r}
		var err error
		q.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		fault := a.fault(route)
		pause(r, fault.Delay)
		answer := reply{}
		if !fault.instead() || fault.Acted {
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

// answer counts the call against the limits and carries it out.
func (a *API) answer(w http.ResponseWriter, q query, route string, h func(query) reply, err error) reply {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r, over := a.limited(w, route); over {
		return r
	}
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return reply{http.StatusRequestEntityTooLarge, object{"error": object{"message": "Internal Server Error", "code": "unknown"}, "timestamp": a.now()}}
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

func noRoute(q query, now string) reply {
	return reply{http.StatusNotFound, object{
		"error":     object{"message": "Route " + q.Method + " " + q.URL.Path + " not found", "code": "NOT_FOUND"},
		"timestamp": now, "path": q.URL.Path, "method": q.Method,
	}}
}

// now as JavaScript writes it.
func (a *API) now() string { return a.opt.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// second is the time as the database gives it.
func (a *API) second() string { return a.opt.Now().UTC().Format("2006-01-02T15:04:05Z") }
