// Package openapitest compares descriptions of HTTP APIs in OpenAPI 3.1 with their routes, types
// and answers, for tests.
package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is a description, as far as tests look at it.
type Document struct {
	Paths      map[string]map[string]Operation `json:"paths"`
	Components struct {
		Schemas   map[string]Schema   `json:"schemas"`
		Responses map[string]Response `json:"responses"`
	} `json:"components"`
}

// Operation is a method of a path.
type Operation struct {
	OperationID string              `json:"operationId"`
	Security    *[]any              `json:"security"` // empty: no token is needed
	Parameters  []Parameter         `json:"parameters"`
	RequestBody *Body               `json:"requestBody"`
	Responses   map[string]Response `json:"responses"`
}

// Parameter is a parameter of an Operation.
type Parameter struct {
	Name string `json:"name"`
	In   string `json:"in"`
}

// Body is a body of a request or an answer.
type Body struct {
	Content map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		} `json:"schema"`
	} `json:"content"`
}

// Response is an answer.
type Response struct {
	Ref string `json:"$ref"`
	Body
}

// Schema is a schema of an object.
type Schema struct {
	Properties map[string]any `json:"properties"`
	Required   []string       `json:"required"`
}

// Read reads a description.
func Read(t *testing.T, text []byte) (d Document) {
	t.Helper()
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Route is a route as an API has it.
type Route struct {
	Method, Path, Query string // the names of its parameters, separated by spaces
	Media               []string
	Open                bool // it needs no token
}

// HasRoutes fails unless a description has each route with its parameters, media types and need of
// a token, and no others.
func HasRoutes(t *testing.T, text []byte, all []Route) {
	t.Helper()
	d := Read(t, text)
	ids := map[string]bool{}
	for _, r := range all {
		op, ok := d.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not documented", r.Method, r.Path)
			continue
		}
		delete(d.Paths[r.Path], strings.ToLower(r.Method))
		if ids[op.OperationID] || op.OperationID == "" {
			t.Errorf("%s %s: the operation %q is there twice", r.Method, r.Path, op.OperationID)
		}
		ids[op.OperationID] = true
		op.isRoute(t, r)
	}
	for path, left := range d.Paths {
		for method := range left {
			t.Errorf("%s %s is documented, and there is no such route", method, path)
		}
	}
}

// isRoute fails unless an operation is a route.
func (op Operation) isRoute(t *testing.T, r Route) {
	t.Helper()
	if open := op.Security != nil && len(*op.Security) == 0; open != r.Open {
		t.Errorf("%s %s: documented as open: %v", r.Method, r.Path, open)
	}
	for status, answer := range op.Responses {
		media := slices.Sorted(slices.Values(r.Media))
		documented := slices.Sorted(maps.Keys(answer.Content))
		if status[0] == '2' && len(documented) > 0 && !slices.Equal(documented, media) {
			t.Errorf("%s %s: %s has %q, want %q", r.Method, r.Path, status, documented, media)
		}
	}
	var query []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			query = append(query, p.Name)
		}
	}
	there := slices.Sorted(slices.Values(strings.Fields(r.Query)))
	if slices.Sort(query); !slices.Equal(query, there) {
		t.Errorf("%s %s: documented are %q, there are %q", r.Method, r.Path, query, there)
	}
	for segment := range strings.SplitSeq(r.Path, "/") {
		name, variable := strings.CutPrefix(segment, "{")
		in := Parameter{strings.TrimSuffix(name, "}"), "path"}
		if variable && !slices.Contains(op.Parameters, in) {
			t.Errorf("%s %s: %s is not documented", r.Method, r.Path, segment)
		}
	}
}

// HasTypes fails unless the schemas of a description have the members of some types, and no others,
// and require those that are never left out; and unless each schema is one of these types.
func HasTypes(t *testing.T, text []byte, values ...any) {
	t.Helper()
	schemas := Read(t, text).Components.Schemas
	for _, v := range values {
		of := reflect.TypeOf(v)
		s, ok := schemas[of.Name()]
		if !ok {
			t.Errorf("%s has no schema", of.Name())
			continue
		}
		delete(schemas, of.Name())
		members, required := membersOf(of)
		documented := slices.Sorted(maps.Keys(s.Properties))
		if !slices.Equal(documented, members) {
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

// Validator validates answers against a description. Members that are not documented are errors.
type Validator struct {
	doc      Document
	compiler *jsonschema.Compiler
}

// NewValidator returns a Validator for a description.
func NewValidator(t *testing.T, text []byte) *Validator {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
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
	return &Validator{Read(t, text), c}
}

// Check validates an answer of an operation, given by its path in the document.
func (v *Validator) Check(
	method, path string, status int, contentType string, text []byte,
) error {
	op := v.doc.Paths[path][strings.ToLower(method)]
	answer, ok := op.Responses[fmt.Sprint(status)]
	if !ok {
		return fmt.Errorf("%d is not documented", status)
	}
	if name, ok := strings.CutPrefix(answer.Ref, "#/components/responses/"); ok {
		answer = v.doc.Components.Responses[name]
	}
	if len(answer.Content) == 0 && contentType == "" && len(text) == 0 {
		return nil // it has no body, and must not have any
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
