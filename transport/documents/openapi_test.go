package documents

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/authorship"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi/openapitest"
)

// TestOpenAPIHasEveryRoute shows that openapi.json has each route with its parameters and media
// types, and no others.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	var all []openapitest.Route
	for _, c := range routes {
		all = append(all, openapitest.Route{Method: c.method, Path: c.path, Query: c.query, Media: c.media()})
	}
	openapitest.HasRoutes(t, openAPI, all)
}

// TestOpenAPIHasEveryMember shows that the schemas have the members of the types, and no others,
// and that they require those that are never left out.
func TestOpenAPIHasEveryMember(t *testing.T) {
	openapitest.HasTypes(t, openAPI, api.Problem{}, api.FieldError{}, MergeProblem{}, Conflict{}, Entry{}, Page{}, NewDocument{}, Edited{},
		User{}, authorship.By{}, NewToken{}, Token{}, Presence{}, Present{}, Version{}, VersionList{}, VersionName{}, Restored{}, authorship.Part{}, authorship.Change{}, authorship.Authors{}, authorship.Comparison{})
}

// described returns docs/api.md.
func described(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustBeSame compares the first groups of all matches in docs/api.md with what there is.
func mustBeSame(t *testing.T, what, pattern string, there []string) {
	t.Helper()
	var documented []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(described(t), -1) {
		documented = append(documented, m[1])
	}
	slices.Sort(documented)
	slices.Sort(there)
	if !slices.Equal(slices.Compact(documented), slices.Compact(there)) {
		t.Errorf("%s: documented are %q, there are %q", what, documented, there)
	}
}

// TestRoutesAreDescribed shows that docs/api.md has a row for each route with its scope, and for
// nothing else.
func TestRoutesAreDescribed(t *testing.T) {
	var there []string
	for _, c := range routes {
		there = append(there, fmt.Sprintf("%s %s` | `%s", c.method, c.path, c.scope))
	}
	mustBeSame(t, "routes", "(?m)^\\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*` \\| `[a-z:]+)` \\|", there)
	mustBeSame(t, "scopes", "(?m)^\\| `([a-z]+:[a-z]+)` \\|", strings.Split(access.Names(), ", "))
}

// TestProblemsAreDescribed shows that docs/api.md has a row for each problem with its status.
func TestProblemsAreDescribed(t *testing.T) {
	var there []string
	for name, status := range map[string]int{
		api.BadRequest: 400, api.Unauthorized: 401, api.CrossSite: 403, Forbidden: 403, api.NotFound: 404, DocumentNotFound: 404, NotDeleted: 404, Deleted: 410,
		api.VersionNotFound: 404, api.MethodNotAllowed: 405, api.NotAcceptable: 406, api.Conflict: 409, DocumentExists: 409,
		WrongShape: 409, MergeConflict: 409, PreconditionFailed: 412, api.BodyTooLarge: 413, DocumentFull: 413, api.UnsupportedMedia: 415,
		api.Invalid: 422, InvalidUpdate: 422, Locked: http.StatusLocked, PreconditionRequired: 428,
		api.TooManyAttempts: 429, TooManyRequests: 429, api.Failed: 500, api.Unavailable: 503,
	} {
		there = append(there, fmt.Sprintf("`%s` | %d", name, status))
	}
	mustBeSame(t, "problems", "(?m)^\\| (`[a-z-]+` \\| [1-5]\\d\\d) \\|", there)
}
