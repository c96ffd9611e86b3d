package standin

import "net/http"

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
