package admin

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/engine"
)

// exchanges has a request for each documented answer of each route.
var exchanges = []exchange{
	{method: "GET", path: "/healthz", status: 200},
	{method: "GET", path: "/readyz", status: 200},
	{method: "GET", path: "/readyz", status: 503, fails: errDisk},
	{method: "GET", path: "/version", status: 200},
	{method: "GET", path: "/metrics", status: 200},
	{method: "GET", path: "/openapi.json", status: 200},
	{method: "GET", path: "/v1/status", status: 200},
	{method: "GET", path: "/v1/events", status: 200},
	{method: "GET", path: "/v1/events", status: 422, query: "?kinds=parted"},
	{method: "POST", path: "/v1/notice", status: 200, body: `{"text":"soon"}`},
	{method: "POST", path: "/v1/notice", status: 400, body: `{`},
	{method: "POST", path: "/v1/notice", status: 422, body: `{}`},
	{method: "POST", path: "/v1/drain", status: 202},
	{method: "POST", path: "/v1/drain", status: 400, body: `{}`},

	{method: "GET", path: "/v1/rooms", status: 200},
	{method: "GET", path: "/v1/rooms", status: 200, query: "?limit=1&sort=bytes"},
	{method: "GET", path: "/v1/rooms", status: 422, query: "?limit=0"},
	{method: "GET", path: "/v1/rooms/{room}", values: roomA, status: 200},
	{method: "GET", path: "/v1/rooms/{room}", values: map[string]string{"room": "record:"}, status: 404},
	{method: "GET", path: "/v1/rooms/{room}", values: roomA, status: 404, fails: engine.ErrNoRoom},
	{method: "GET", path: "/v1/rooms/{room}", values: roomA, status: 503, fails: context.DeadlineExceeded},

	{method: "POST", path: "/v1/rooms/{room}/lock", values: roomA, status: 200},
	{method: "POST", path: "/v1/rooms/{room}/lock", values: roomA, status: 400, body: `{}`},
	{method: "POST", path: "/v1/rooms/{room}/lock", values: map[string]string{"room": "record:"}, status: 404},
	{method: "POST", path: "/v1/rooms/{room}/lock", values: roomA, status: 409, fails: engine.ErrTooManyLocks},
	{method: "POST", path: "/v1/rooms/{room}/lock", values: roomA, status: 503, fails: context.DeadlineExceeded},
	{method: "POST", path: "/v1/rooms/{room}/unlock", values: roomA, status: 200},
	{method: "POST", path: "/v1/rooms/{room}/unlock", values: roomA, status: 400, body: `{}`},
	{method: "POST", path: "/v1/rooms/{room}/unlock", values: map[string]string{"room": "record:"}, status: 404},
	{method: "POST", path: "/v1/rooms/{room}/unlock", values: roomA, status: 503, fails: context.DeadlineExceeded},
	{method: "POST", path: "/v1/rooms/{room}/kick", values: roomA, status: 200, body: `{"user":"u1"}`},
	{method: "POST", path: "/v1/rooms/{room}/kick", values: roomA, status: 400, body: `[]`},
	{method: "POST", path: "/v1/rooms/{room}/kick", values: map[string]string{"room": "record:"}, status: 404, body: `{"user":"u1"}`},
	{method: "POST", path: "/v1/rooms/{room}/kick", values: roomA, status: 422, body: `{}`},
	{method: "POST", path: "/v1/rooms/{room}/kick", values: roomA, status: 503, body: `{"user":"u1"}`, fails: context.DeadlineExceeded},
	{method: "POST", path: "/v1/rooms/{room}/notice", values: roomA, status: 200, body: `{"text":"soon","level":"warning"}`},
	{method: "POST", path: "/v1/rooms/{room}/notice", values: roomA, status: 400, body: `[]`},
	{method: "POST", path: "/v1/rooms/{room}/notice", values: roomA, status: 404, body: `{"text":"soon"}`, fails: engine.ErrNoRoom},
	{method: "POST", path: "/v1/rooms/{room}/notice", values: roomA, status: 422, body: `{"text":" "}`},
	{method: "POST", path: "/v1/rooms/{room}/notice", values: roomA, status: 503, body: `{"text":"soon"}`, fails: context.DeadlineExceeded},

	{method: "GET", path: "/v1/locks", status: 200},
	{method: "GET", path: "/v1/locks", status: 200, query: "?limit=1"},
	{method: "GET", path: "/v1/locks", status: 422, query: "?limit=0"},

	{method: "GET", path: "/v1/connections", status: 200},
	{method: "GET", path: "/v1/connections", status: 200, query: "?limit=1"},
	{method: "GET", path: "/v1/connections", status: 422, query: "?after=x"},
	{method: "DELETE", path: "/v1/connections/{connection}", values: map[string]string{"connection": "1"}, status: 200},
	{method: "DELETE", path: "/v1/connections/{connection}", values: map[string]string{"connection": "1"}, status: 400, body: `{}`},
	{method: "DELETE", path: "/v1/connections/{connection}", values: map[string]string{"connection": "2"}, status: 404},
	{method: "DELETE", path: "/v1/connections/{connection}", values: map[string]string{"connection": "1"}, status: 422, query: "?reason=%00"},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 200},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 200, body: `{"for_seconds":60,"reason":"spam"}`},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 400, body: `[]`},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 409, fails: engine.ErrTooManyBans},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 422, body: `{"for_seconds":-1}`},
	{method: "POST", path: "/v1/users/{user}/disconnect", values: userA, status: 503, fails: context.DeadlineExceeded},
	{method: "GET", path: "/v1/bans", status: 200},
	{method: "GET", path: "/v1/bans", status: 422, query: "?offset=x"},
	{method: "DELETE", path: "/v1/bans/{user}", values: userA, status: 200},
	{method: "DELETE", path: "/v1/bans/{user}", values: userA, status: 400, body: `{}`},
	{method: "DELETE", path: "/v1/bans/{user}", values: map[string]string{"user": "u2"}, status: 404},
	{method: "DELETE", path: "/v1/bans/{user}", values: userA, status: 503, fails: context.DeadlineExceeded},

	{method: "GET", path: "/v1/profile/{name}", values: map[string]string{"name": "heap"}, status: 200},
	{method: "GET", path: "/v1/profile/{name}", values: map[string]string{"name": "heap"}, status: 422, query: "?seconds=1"},
	{method: "GET", path: "/v1/profile/{name}", values: map[string]string{"name": "hepa"}, status: 404},
	{method: "GET", path: "/v1/profile/{name}", values: map[string]string{"name": "cpu"}, status: 409, query: "?seconds=1"},
	{method: "GET", path: "/v1/rooms/{room}", values: roomA, status: 500, fails: errDisk},
}

var errDisk = errors.New("disk is full")
