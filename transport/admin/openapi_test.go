package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"reflect"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// document is openapi.json, as far as the tests look at it.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas   map[string]schema   `json:"schemas"`
		Responses map[string]response `json:"responses"`
	} `json:"components"`
}

type operation struct {
	OperationID string              `json:"operationId"`
	Security    *[]any              `json:"security"` // empty: no token is needed
	Parameters  []parameter         `json:"parameters"`
	RequestBody *body               `json:"requestBody"`
	Responses   map[string]response `json:"responses"`
}

type parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

type body struct {
	Content map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		} `json:"schema"`
	} `json:"content"`
}

type response struct {
	Ref string `json:"$ref"`
	body
}

type schema struct {
	Properties map[string]any `json:"properties"`
	Required   []string       `json:"required"`
}

func readDocument(t *testing.T) (d document) {
	t.Helper()
	if err := json.Unmarshal(openAPI, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPIHasEveryRoute shows that openapi.json has each route with its parameters, media type
// and need of a token, and no others.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	d := readDocument(t)
	ids := map[string]bool{}
	for _, c := range routes(true) {
		method := strings.ToLower(c.method)
		op, ok := d.Paths[c.path][method]
		if !ok {
			t.Errorf("%s %s is not documented", c.method, c.path)
			continue
		}
		delete(d.Paths[c.path], method)
		if open := op.Security != nil && len(*op.Security) == 0; open != c.open {
			t.Errorf("%s %s: documented as open: %v", c.method, c.path, open)
		}
		if ids[op.OperationID] || op.OperationID == "" {
			t.Errorf("%s %s: the operation %q is there twice", c.method, c.path, op.OperationID)
		}
		ids[op.OperationID] = true
		for status, r := range op.Responses {
			media := slices.Sorted(slices.Values(c.media()))
			if documented := slices.Sorted(maps.Keys(r.Content)); status[0] == '2' && !slices.Equal(documented, media) {
				t.Errorf("%s %s: %s has %q, want %q", c.method, c.path, status, documented, media)
			}
		}
		var query []string
		for _, p := range op.Parameters {
			if p.In == "query" {
				query = append(query, p.Name)
			}
		}
		mustBeSame(t, "parameters of "+c.method+" "+c.path, query, strings.Fields(c.query))
		for _, segment := range strings.Split(c.path, "/") {
			name, variable := strings.CutPrefix(segment, "{")
			if variable && !slices.Contains(op.Parameters, parameter{strings.TrimSuffix(name, "}"), "path"}) {
				t.Errorf("%s %s: %s is not documented", c.method, c.path, segment)
			}
		}
	}
	for path, left := range d.Paths {
		for method := range left {
			t.Errorf("%s %s is documented, and there is no such route", method, path)
		}
	}
}

// TestOpenAPIHasEveryMember shows that the schemas have the members of the types in package api,
// and no others, and that they require those that are never left out.
func TestOpenAPIHasEveryMember(t *testing.T) {
	schemas := readDocument(t).Components.Schemas
	for _, v := range []any{
		api.Ban{}, api.BanPage{}, api.Build{}, api.Connection{}, api.ConnectionPage{}, api.Disconnect{}, api.Disconnected{},
		api.Draining{}, api.Event{}, api.Evicted{}, api.FieldError{}, api.Health{}, api.Kick{}, api.Lock{}, api.LockPage{},
		api.Locked{}, api.LogLevels{}, api.Lost{}, api.Node{}, api.NodePage{}, api.Notice{}, api.Noticed{}, api.Peer{}, api.Problem{}, api.Refreshed{},
		api.Reloaded{}, api.Room{}, api.RoomDetail{}, api.RoomPage{}, api.Restored{}, api.Saved{}, api.Status{}, api.StoredPage{}, api.StoredRoom{},
		api.Unbanned{}, api.User{}, api.Version{}, api.VersionList{},
	} {
		of := reflect.TypeOf(v)
		s, ok := schemas[of.Name()]
		if !ok {
			t.Errorf("%s has no schema", of.Name())
			continue
		}
		delete(schemas, of.Name())
		members, required := membersOf(of)
		if documented := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(documented, members) {
			t.Errorf("%s: documented are %q, there are %q", of.Name(), documented, members)
		}
		slices.Sort(s.Required)
		if !slices.Equal(s.Required, required) {
			t.Errorf("%s: required are %q, always there are %q", of.Name(), s.Required, required)
		}
	}
	for name := range schemas {
		t.Errorf("%s has a schema, and is no type", name)
	}
}

// membersOf returns the names of the members of a struct in JSON, and of those that are always
// there.
func membersOf(of reflect.Type) (members, required []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			m, r := membersOf(f.Type)
			members, required = append(members, m...), append(required, r...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if members = append(members, name); options != "omitempty" {
			required = append(required, name)
		}
	}
	slices.Sort(members)
	slices.Sort(required)
	return members, required
}

// validator validates answers against openapi.json. Members that are not documented are errors.
type validator struct {
	doc      document
	compiler *jsonschema.Compiler
}

func newValidator(t *testing.T) *validator {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(openAPI))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range raw.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		s.(map[string]any)["additionalProperties"] = false
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020) // the dialect of OpenAPI 3.1
	c.AssertFormat()
	if err := c.AddResource("openapi.json", raw); err != nil {
		t.Fatal(err)
	}
	return &validator{readDocument(t), c}
}

// check validates an answer of an operation, given by its path in the document.
func (v *validator) check(method, path string, status int, contentType string, text []byte) error {
	op := v.doc.Paths[path][strings.ToLower(method)]
	answer, ok := op.Responses[fmt.Sprint(status)]
	if !ok {
		return fmt.Errorf("%d is not documented", status)
	}
	if name, ok := strings.CutPrefix(answer.Ref, "#/components/responses/"); ok {
		answer = v.doc.Components.Responses[name]
	}
	media, _, _ := mime.ParseMediaType(contentType)
	content, ok := answer.Content[media]
	if !ok {
		return fmt.Errorf("%q is not documented", media)
	}
	if content.Schema.Ref == "" {
		return nil
	}
	s, err := v.compiler.Compile("openapi.json" + content.Schema.Ref)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// TestAnswersAreAsDocumented shows that each route answers as openapi.json says, also to wrong
// requests, and that each documented answer but a few is seen.
func TestAnswersAreAsDocumented(t *testing.T) {
	w, v := newWorld(t, nil), newValidator(t)
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
		if err := v.check(test.method, test.path, resp.StatusCode, resp.Header.Get("Content-Type"), text); err != nil {
			t.Errorf("%s %s%s: %v\n%s", test.method, path, test.query, err, text)
		}
		seen[fmt.Sprint(test.method, test.path, resp.StatusCode)] = true
	}
	for path, ops := range v.doc.Paths {
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
	v := newValidator(t)
	for text, ok := range map[string]bool{
		`{"peers":3}`: true, `{"peers":-1}`: false, `{"peers":"3"}`: false, `{}`: false, `{"peers":3,"more":1}`: false,
	} {
		if err := v.check("POST", "/v1/notice", 200, "application/json", []byte(text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := v.check("POST", "/v1/notice", 204, "application/json", nil); err == nil {
		t.Error("a status that is not documented is accepted")
	}
	if err := v.check("POST", "/v1/notice", 200, "text/plain", nil); err == nil {
		t.Error("a media type that is not documented is accepted")
	}
	day := `{"total":1,"bans":[{"user":"u","until":"%s","reason":"","by":"b","at":"2026-01-02T03:04:05Z"}]}`
	for until, ok := range map[string]bool{now.Format(time.RFC3339Nano): true, "tomorrow": false} {
		if err := v.check("GET", "/v1/bans", 200, "application/json", fmt.Appendf(nil, day, until)); (err == nil) != ok {
			t.Errorf("%s: %v", until, err)
		}
	}
}
