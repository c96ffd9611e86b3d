package documents

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// watcher is the connection of somebody in a room who speaks the JSON protocol.
type watcher struct {
	mu  sync.Mutex
	out []string
}

func (c *watcher) Write(frames [][]byte, _ func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range frames {
		c.out = append(c.out, string(f))
	}
	return nil
}

func (*watcher) Close(*engine.CloseError) {}
func (*watcher) Finish()                  {}
func (*watcher) Renew([]byte)             {}
func (*watcher) Charge(int)               {}

// take returns the frames since the last call that are presence.
func (c *watcher) take() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.out {
		if _, text, ok := strings.Cut(f, `{"type":"presence"`); ok {
			all = append(all, text)
		}
	}
	c.out = nil
	return all
}

// watch joins a room as bob.
func (w *world) watch(room string) *watcher {
	w.t.Helper()
	c := new(watcher)
	_, err := w.engine.Join(context.Background(), roomkey.MustParse(room), c, protocol.JSON{}, engine.Identity{ID: "bob", Name: "Bob"})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// mustSee fails unless the presence since the last call has these parts.
func (c *watcher) mustSee(t *testing.T, parts ...string) {
	t.Helper()
	all := strings.Join(c.take(), "\n")
	for _, part := range parts {
		if !strings.Contains(all, part) {
			t.Errorf("%s is not in %s", part, all)
		}
	}
	if len(parts) == 0 && all != "" {
		t.Errorf("%s", all)
	}
}

// TestPresence shows that people see a user whom a program shows, with its cursor, and that this
// ends by itself, by the program, and when the name changes.
func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.makeText("a", "text")
		c := w.watch("a")
		time.Sleep(time.Second)
		c.take()
		put := func(body string) answer {
			a := w.must(200, "PUT", Path+"/a/presence", body, as("application/json")...)
			time.Sleep(time.Second)
			return a
		}
		a := put(`{"user":{"id":"x1","name":"Robot"},"cursor":{"position":3},"ttl_seconds":60}`)
		var p Present
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.User.ID != "x1" || time.Until(p.ExpiresAt) != 59*time.Second {
			t.Errorf("%s, %v", a.body, err)
		}
		c.mustSee(t, `"joined"`, `"x1"`, `"Robot"`, `"position":3`)
		put(`{"user":{"id":"x1","name":"Robot"},"cursor":{"position":4},"ttl_seconds":60}`)
		c.mustSee(t, `"position":4`)
		put(`{"user":{"id":"x1","name":"Robot"},"ttl_seconds":20}`)
		c.mustSee(t)
		time.Sleep(20 * time.Second)
		c.mustSee(t, `"left"`, `"x1"`)
		if n := w.server.shown.size(); n != 0 {
			t.Errorf("%d are shown", n)
		}
		put(`{}`)
		c.mustSee(t, `"joined"`, `"key:all"`)
		w.must(204, "DELETE", Path+"/a/presence", "")
		time.Sleep(time.Second)
		c.mustSee(t, `"left"`, `"key:all"`)
		w.must(204, "DELETE", Path+"/a/presence?user=nobody", "")
		put(`{"user":{"id":"x1","name":"One"}}`)
		put(`{"user":{"id":"x1","name":"Two"}}`)
		c.mustSee(t, `"One"`, `"Two"`)
		for body, problem := range map[string]string{
			`{"ttl_seconds":0.5}`: "invalid", `{"ttl_seconds":3601}`: "invalid", `{"user":{"id":""}}`: "invalid",
			`{"cursors":{}}`: "invalid", `[]`: "bad-request",
			`{"cursor":"` + strings.Repeat("x", 32<<10) + `"}`: "invalid", `{"cursor":{"__proto__":1}}`: "invalid",
			`{"cursor":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`: "invalid",
		} {
			if a := w.send("PUT", Path+"/a/presence", body, as("application/json")...); a.problem() != problem {
				t.Errorf("%s: %+v", body, a)
			}
		}
		if a := w.send("PUT", Path+"/none/presence", "{}", as("application/json")...); a.problem() != DocumentNotFound {
			t.Errorf("%+v", a)
		}
		_ = w.engine.Drain(context.Background())
	})
}

// TestPresencesAreBounded shows that no more programs are shown than allowed, and that one that the
// engine closes counts no more.
func TestPresencesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *Config) { c.Presences = 1 })
		w.makeText("a", "text")
		w.must(200, "PUT", Path+"/a/presence", `{"user":{"id":"x1"}}`, as("application/json")...)
		if a := w.send("PUT", Path+"/a/presence", `{"user":{"id":"x2"}}`, as("application/json")...); a.status != 503 || !strings.Contains(a.body, "max_presences") {
			t.Errorf("%+v", a)
		}
		if _, err := w.engine.Kick(context.Background(), roomkey.MustParse("a"), "x1", "ann"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.must(200, "PUT", Path+"/a/presence", `{"user":{"id":"x2"}}`, as("application/json")...)
		w.must(204, "DELETE", Path+"/a/presence?user=x2", "")
		_ = w.engine.Drain(context.Background())
	})
}

// TestAgents shows that an edit for somebody is preceded by a version, once in a while, and that
// people see for a while who edits for whom.
func TestAgents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		tag := w.makeText("a", "text")
		c := w.watch("a")
		versions := func() (n int) {
			all, err := w.engine.Versions(context.Background(), roomkey.MustParse("a"))
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range all {
				if v.Why == beforeAgent {
					n++
					if v.By != "key:all" || v.For != "ann" {
						t.Errorf("%+v", v)
					}
				}
			}
			return n
		}
		edit := func(i int) {
			headers := as("text/plain", ifMatch, tag, onBehalfOf, `ann; name="Ann%20%C3%96"`)
			tag = w.must(200, "PATCH", Path+"/a", fmt.Sprint("text ", i), headers...).header.Get("ETag")
			time.Sleep(time.Second)
		}
		edit(1)
		c.mustSee(t, `"joined"`, "all (for Ann Ö)")
		for i := range 5 {
			edit(i + 2)
		}
		if n := versions(); n != 1 {
			t.Errorf("%d versions", n)
		}
		time.Sleep(10 * time.Minute)
		c.mustSee(t, `"left"`)
		edit(9)
		if n := versions(); n != 2 {
			t.Errorf("%d versions", n)
		}
		for _, value := range []string{"%zz", "ann; nick=x", "%00", ";name=Ann"} {
			if a := w.send("PATCH", Path+"/a", "x", as("text/plain", ifMatch, tag, onBehalfOf, value)...); a.problem() != "invalid" {
				t.Errorf("%s: %+v", value, a)
			}
		}
		time.Sleep(time.Minute)
		_ = w.engine.Drain(context.Background())
	})
}

// TestToken shows the tokens that are made for clients, and their URL.
func TestToken(t *testing.T) {
	var signed []string
	w := newWorld(t, func(c *Config) {
		c.Program = admitProgram
		c.Sign = func(s auth.Session, ttl time.Duration) (string, error) {
			signed = append(signed, fmt.Sprint(s.ID, " ", s.Name, " ", s.Grants, " ", ttl))
			if ttl > 24*time.Hour {
				return "", auth.ErrTTL
			}
			return "signed", nil
		}
	})
	for _, test := range []struct {
		room, body string
		headers    []string
		want       string // what is signed
		url        string
	}{
		{"record:a%20b", `{"user":{"id":"u1","name":"Ann"},"access":"write"}`, nil, "u1 Ann map[a b:edit] 1h0m0s", "ws://example.com/realtime/records/a%20b"},
		{"record:r", `{"user":{"id":"u1"},"access":"read","ttl_seconds":60}`, []string{"X-Forwarded-Proto", "https", "Host", "town.example"}, "u1 u1 map[r:view] 1m0s", "wss://town.example/realtime/records/r"},
		{"record:r", `{"user":{"id":"u1"},"access":"admin"}`, nil, "u1 u1 map[r:admin] 1h0m0s", "ws://example.com/realtime/records/r"},
	} {
		signed = nil
		a := w.must(201, "POST", Path+"/"+test.room+"/token", test.body, as("application/json", test.headers...)...)
		var got Token
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Token != "signed" || got.URL != test.url || got.ExpiresAt.IsZero() {
			t.Errorf("%s, %v", a.body, err)
		}
		if !slices.Equal(signed, []string{test.want}) {
			t.Errorf("signed %q", signed)
		}
	}
	for _, test := range []struct {
		room, body, problem string
	}{
		{"notes", `{"user":{"id":"u1"},"access":"read"}`, "conflict"},
		{"record:r", `{"user":{"id":""},"access":"read"}`, "invalid"},
		{"record:r", `{"user":{"id":"u1"},"access":"all"}`, "invalid"},
		{"record:r", `{"user":{"id":"u1"},"access":"read","ttl_seconds":90000}`, "invalid"},
		{"record:r", `{"user":{"id":"u1"},"access":"read","ttl_seconds":-1}`, "invalid"},
	} {
		if a := w.send("POST", Path+"/"+test.room+"/token", test.body, as("application/json")...); a.problem() != test.problem {
			t.Errorf("%s %s: %+v", test.room, test.body, a)
		}
	}
	w.mu.Lock()
	calls := slices.Clone(w.calls)
	w.mu.Unlock()
	if len(calls) != 8 || calls[0].By != "all" || calls[0].Room != "record:a b" || calls[0].Route != Path+"/{room}/token" || calls[0].Status != 201 {
		t.Errorf("%+v", calls)
	}
	if strings.Contains(w.log.String(), "signed") {
		t.Error(w.log.String())
	}
}

// TestNothingOutlivesItsToken shows that what a program makes with a token ends with that at the
// latest, and has the name in it.
func TestNothingOutlivesItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := time.Now().Add(90 * time.Second)
		w := newWorld(t, func(c *Config) {
			c.Sign = func(_ auth.Session, ttl time.Duration) (string, error) { return ttl.String(), nil }
			c.Program = func(context.Context, string) (auth.Program, error) {
				return auth.Program{ID: "ann", Expires: ends, Documents: []auth.ProgramGrant{{Rooms: []string{"*"}, Access: "admin"}}}, nil
			}
		})
		w.makeText("record:a", "text")
		send := func(method, path, ttl string) answer {
			body := map[string]string{"token": `{"user":{"id":"ann"},"access":"read"` + ttl + "}", "presence": `{"user":{"id":"ann"}` + ttl + "}"}[path]
			return w.send(method, Path+"/record:a/"+path, body, as("application/json", "Authorization", "Bearer "+program)...)
		}
		for path, method := range map[string]string{"token": "POST", "presence": "PUT"} {
			if a := send(method, path, `,"ttl_seconds":91`); a.problem() != "invalid" || !strings.Contains(a.body, "from 1 to 90") {
				t.Errorf("%s: %+v", path, a)
			}
		}
		for path, method := range map[string]string{"token": "POST", "presence": "PUT"} {
			body := map[string]string{"token": `{"access":"read","user":`, "presence": `{"user":`}[path] + `{"id":"ann","name":"Bob"}}`
			a := w.send(method, Path+"/record:a/"+path, body, as("application/json", "Authorization", "Bearer "+program)...)
			if a.problem() != Forbidden {
				t.Errorf("%s with the name of another: %+v", path, a)
			}
		}
		if a := send("POST", "token", ""); decoded[Token](t, a).Token != "1m30s" {
			t.Errorf("%+v", a)
		}
		time.Sleep(80 * time.Second)
		if a := send("PUT", "presence", ""); time.Until(decoded[Present](t, a).ExpiresAt) != 10*time.Second {
			t.Errorf("%+v", a)
		}
		time.Sleep(9500 * time.Millisecond)
		if a := send("POST", "token", `,"ttl_seconds":1`); a.problem() != "invalid" {
			t.Errorf("%+v", a)
		}
		time.Sleep(time.Second)
		_ = w.engine.Drain(context.Background())
	})
}
