package standin

import (
	"net/http"
	"time"
)

// query is a call, as handlers get it.
type query struct {
	*http.Request
	body  []byte
	token string // of the Authorization header
	user  *user  // the token belongs to; nil: anonymous
}

// reply is an answer. A body that is a string is sent as it is, any other as JSON.
type reply struct {
	status int
	body   any
}

// object is a JSON object.
type object map[string]any

func success(status int, data any) reply {
	return reply{status, object{"success": true, "data": data}}
}

func failure(status int, code, message string) reply {
	e := object{"message": message}
	if code != "" {
		e["code"] = code
	}
	return reply{status, object{"success": false, "error": e}}
}

func noRoute(q query, now string) reply {
	route := "Route " + q.Method + " " + q.URL.Path
	return reply{http.StatusNotFound, object{
		"error":     object{"message": route + " not found", "code": "NOT_FOUND"},
		"timestamp": now, "path": q.URL.Path, "method": q.Method,
	}}
}

// Call is a call that was made.
type Call struct {
	Route    string
	RecordID string
	Status   int // 0: the connection was cut
	Body     string
}

// Fault is a failure of calls. With Delay alone they are only late.
type Fault struct {
	Route      string        // of the calls; empty: all
	Times      int           // number of calls; 0: until ClearFaults
	Delay      time.Duration // before anything happens
	Status     int           // of an answer in the place of the call's
	Code       string        // in that answer
	RetryAfter string        // in its header
	Body       string        // of that answer; empty: the API's form
	NoRoute    bool          // answers as if there were no such route
	Cut        bool          // cuts the connection instead of answering
	CarriedOut bool          // the call is carried out first
}

// user is a user of CivicPress.
type user struct {
	id       int
	username string
	name     string
	role     string
}
