package admin

import (
	"fmt"
	"io"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"github.com/civicpress/civic-realtime/transport/httpapi/openapitest"
)

// TestOpenAPIHasEveryRoute shows that openapi.json has each route with its parameters, media type
// and need of a token, and no others.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	var all []openapitest.Route
	for _, c := range routes(true) {
		all = append(all, openapitest.Route{Method: c.method, Path: c.path, Query: c.query, Media: c.media(), Open: c.open})
	}
	openapitest.HasRoutes(t, openAPI, all)
}

// TestOpenAPIHasEveryMember shows that the schemas have the members of the types in package api,
// and no others, and that they require those that are never left out.
func TestOpenAPIHasEveryMember(t *testing.T) {
	openapitest.HasTypes(t, openAPI,
		api.Ban{}, api.BanPage{}, api.Build{}, api.ConfigKey{}, api.Configuration{}, api.Connection{}, api.ConnectionPage{}, api.Disconnect{}, api.Disconnected{},
		api.Draining{}, api.Event{}, api.Evicted{}, api.FieldError{}, api.Health{}, api.History{}, api.Kick{}, api.Lock{}, api.LockPage{},
		api.Locked{}, api.LiveSample{}, api.LogLevels{}, api.Lost{}, api.Node{}, api.NodePage{}, api.Notice{}, api.Noticed{}, api.Peer{}, api.Problem{}, api.Refreshed{},
		api.Reloaded{}, api.Room{}, api.RoomDetail{}, api.RoomPage{}, api.Restored{}, api.Sample{}, api.Saved{}, api.Status{}, api.StoredPage{}, api.StoredRoom{},
		api.Unbanned{}, api.User{}, api.Version{}, api.VersionList{}, api.VersionName{}, api.Renamed{}, api.VersionDeleted{}, api.Deleted{},
		api.Session{}, api.SignIn{},
		authorship.By{}, authorship.Part{}, authorship.Change{}, authorship.Authors{}, authorship.Comparison{}, contents.TreeNode{}, DocumentTree{},
		api.Webhooks{}, api.WebhookEndpoint{}, api.WebhookMessage{}, api.WebhookMessagePage{}, api.WebhookSelection{}, api.WebhookCount{}, api.WebhookTarget{},
	)
}

// TestAnswersAreAsDocumented shows that each route answers as openapi.json says, also to wrong
// requests, and that each documented answer but a few is seen.
func TestAnswersAreAsDocumented(t *testing.T) {
	w, v := newWorld(t, nil), openapitest.NewValidator(t, openAPI)
	if err := pprof.StartCPUProfile(io.Discard); err != nil { // another one is refused
		t.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	seen := map[string]bool{}
	for _, test := range slices.Concat(exchanges, misspelled()) {
		w.engine.fails = test.fails
		path := test.path
		for name, value := range test.values {
			path = strings.ReplaceAll(path, "{"+name+"}", value)
		}
		resp := w.do(test.method, path+test.query, test.body, test.headers...)
		text := readAnswer(t, resp.Body, resp.Header.Get("Content-Type") == httpapi.EventsType)
		if resp.StatusCode != test.status {
			t.Errorf("%s %s%s: %d %s, want %d", test.method, path, test.query, resp.StatusCode, text, test.status)
		}
		if err := v.Check(test.method, test.path, resp.StatusCode, resp.Header.Get("Content-Type"), text); err != nil {
			t.Errorf("%s %s%s: %v\n%s", test.method, path, test.query, err, text)
		}
		seen[fmt.Sprint(test.method, test.path, resp.StatusCode)] = true
	}
	for path, ops := range openapitest.Read(t, openAPI).Paths {
		for method, op := range ops {
			for status := range op.Responses {
				if name := strings.ToUpper(method) + path + status; !seen[name] && !everywhere[status] {
					t.Errorf("%s is documented, and not tested", name)
				}
			}
		}
	}
}

// misspelled returns requests to all routes of the API with a parameter that none has.
func misspelled() (all []exchange) {
	for _, c := range routes(true) {
		if strings.HasPrefix(c.path, "/v1/") {
			all = append(all, exchange{method: c.method, path: c.path, status: 422, query: "?lmit=1", values: map[string]string{"room": "a", "user": "u", "connection": "1", "name": "cpu"}})
		}
	}
	return all
}

// everywhere has the statuses of answers that do not depend on the route. Other tests show them.
var everywhere = map[string]bool{"401": true, "403": true, "406": true, "413": true, "415": true, "421": true, "429": true, "500": true}

// readAnswer returns the body of an answer, of a stream its first byte.
func readAnswer(t *testing.T, from io.ReadCloser, stream bool) (text []byte) {
	t.Helper()
	if stream {
		text = make([]byte, 1)
		_, _ = io.ReadFull(from, text)
		_ = from.Close()
		return text
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Error(err)
	}
	return text
}

// exchange is a request, and the status that it is answered with.
type exchange struct {
	method, path string
	status       int
	query, body  string
	values       map[string]string // of {name} in the path
	headers      []string
	fails        error // of the engine
}

var (
	roomA        = map[string]string{"room": "record:a"}
	roomAVersion = func(version string) map[string]string {
		return map[string]string{"room": "record:a", "version": version}
	}
	userA = map[string]string{"user": "u1"}
)

// TestValidator shows that answers that are not as documented are reported.
func TestValidator(t *testing.T) {
	v := openapitest.NewValidator(t, openAPI)
	for text, ok := range map[string]bool{
		`{"peers":3}`: true, `{"peers":-1}`: false, `{"peers":"3"}`: false, `{}`: false, `{"peers":3,"more":1}`: false,
	} {
		if err := v.Check("POST", "/v1/notice", 200, "application/json", []byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := v.Check("POST", "/v1/notice", 204, "application/json", nil); err == nil {
		t.Error("a status that is not documented is accepted")
	}
	if err := v.Check("POST", "/v1/notice", 200, "text/plain", nil); err == nil {
		t.Error("a media type that is not documented is accepted")
	}
	day := `{"total":1,"bans":[{"user":"u","until":"%s","reason":"","by":"b","at":"2026-01-02T03:04:05Z"}]}`
	for until, ok := range map[string]bool{now.Format(time.RFC3339Nano): true, "tomorrow": false} {
		if err := v.Check("GET", "/v1/bans", 200, "application/json", fmt.Appendf(nil, day, until)); (err == nil) != ok {
			t.Errorf("%s: %v", until, err)
		}
	}
}
