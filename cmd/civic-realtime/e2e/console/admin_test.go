package console

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ask sends a request to the admin API with the token, and decodes the answer into out, which may
// be nil. An answer that is no success ends the test.
func (s *server) ask(method, path, body string, out any) {
	s.t.Helper()
	status, text := s.request(method, path, body, "Authorization", "Bearer "+s.token())
	if status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if out == nil || text == "" {
		return
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		s.t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
}

// request sends a request to the operators' listener, without a token, and returns the answer.
// Redirects are not followed.
func (s *server) request(method, path, body string, headers ...string) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.admin+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{
		Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// roomInfo is what the admin API says of a room.
type roomInfo struct {
	Name           string
	State          string
	Locked         bool
	Peers          int
	UnsavedUpdates int `json:"unsaved_updates"`
}

// recordRoom is the name of the room of a record.
func recordRoom(id string) string { return "record:" + id }

func roomPath(id string) string { return "/v1/rooms/" + url.PathEscape(recordRoom(id)) }

func (s *server) room(id string) (r roomInfo) {
	s.t.Helper()
	s.ask("GET", roomPath(id), "", &r)
	return r
}

// version is a kept version of a room.
type version struct {
	ID   json.Number
	Name string
}

func (s *server) versions(id string) []version {
	s.t.Helper()
	var list struct{ Versions []version }
	s.ask("GET", roomPath(id)+"/versions", "", &list)
	return list.Versions
}

// named returns the versions of a room that have a name.
func (s *server) named(id string) (names []string) {
	s.t.Helper()
	for _, v := range s.versions(id) {
		if v.Name != "" {
			names = append(names, v.Name)
		}
	}
	return names
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
