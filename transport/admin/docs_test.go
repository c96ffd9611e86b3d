package admin

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi/openapitest"
)

// described returns docs/admin.md.
func described(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustBeSame compares what a document lists with what there is.
func mustBeSame(t *testing.T, what string, documented, there []string) {
	t.Helper()
	slices.Sort(documented)
	slices.Sort(there)
	if !slices.Equal(slices.Compact(documented), slices.Compact(there)) {
		t.Errorf("%s: documented are %q, there are %q", what, documented, there)
	}
}

// found returns the first group of all matches.
func found(pattern, text string) (all []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestRoutesAreDescribed shows that docs/admin.md has a row for each route, and for nothing else.
func TestRoutesAreDescribed(t *testing.T) {
	var there []string
	for _, c := range routes(true) {
		there = append(there, c.method+" "+c.path)
	}
	mustBeSame(t, "routes", found("(?m)^\\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)` \\|", described(t)), there)
}

// TestProblemsAreDescribed shows that docs/admin.md has a row for each problem with its status.
func TestProblemsAreDescribed(t *testing.T) {
	var there []string
	for name, status := range map[string]int{
		api.BadRequest: 400, api.Unauthorized: 401, api.CrossSite: 403, api.NotFound: 404, api.RoomNotFound: 404,
		api.VersionNotFound: 404, api.ConnectionNotFound: 404, api.BanNotFound: 404, api.NodeNotFound: 404, api.EndpointNotFound: 404, api.MessageNotFound: 404, api.MethodNotAllowed: 405, api.NotAcceptable: 406, api.Conflict: 409, api.ConfigurationInvalid: 409,
		api.BodyTooLarge: 413, api.UnsupportedMedia: 415, api.HostNotAllowed: http.StatusMisdirectedRequest, api.Invalid: 422,
		api.TooManyAttempts: 429, api.TooManyStreams: 429, api.Failed: 500, api.Unavailable: 503,
	} {
		there = append(there, fmt.Sprintf("`%s` | %d", name, status))
	}
	mustBeSame(t, "problems", found("(?m)^\\| (`[a-z-]+` \\| [1-5]\\d\\d) \\|", described(t)), there)
}

// TestEventsAreDescribed shows that docs/admin.md and openapi.json list all kinds of events.
func TestEventsAreDescribed(t *testing.T) {
	_, text, _ := strings.Cut(described(t), "named after their kind:")
	text, _, _ = strings.Cut(text, ". A reader")
	mustBeSame(t, "kinds of events in the document", found("`([a-z_]+)`", text), eventKinds())
	kind := openapitest.Read(t, openAPI).Components.Schemas["Event"].Properties["kind"].(map[string]any)["enum"]
	mustBeSame(t, "kinds of events in openapi.json", strings.Fields(strings.Trim(fmt.Sprint(kind), "[]")), eventKinds())
}
