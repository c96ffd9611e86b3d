package awareness

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestStampReplacesUser shows that the user in a state is sent with the id and the name of the
// token.
func TestStampReplacesUser(t *testing.T) {
	ann := Known("ann", "Ann A.")
	user := `"user":{"id":"ann","name":"Ann A.","color":"` + ann.Color + `"}`
	for _, tt := range []struct{ name, state, want string }{
		{"a false name", `{"user":{"name":"Mayor","id":"mayor","color":"#000000","colorLight":"#111"},"x":1}`,
			`{"x":1,"user":{"color":"#000000","colorLight":"#111","id":"ann","name":"Ann A."}}`},
		{"no user", `{"cursor":null}`, `{"cursor":null,` + user + `}`},
		{"a user twice, once in disguise", `{"user":{},"\u0075ser":{"na\u006de":"Mayor"}}`, `{` + user + `}`},
		{"a user that is none", `{"user":"Mayor"}`, `{` + user + `}`},
		{"nothing", ` {} `, `{` + user + `}`},
		{"no object", `"Mayor"`, `{` + user + `}`},
		{"a list", `[{"user":{"name":"Mayor"}}]`, `{` + user + `}`},
		{"a number", `5`, `{` + user + `}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, Config{})
			a, b := &client{w: w}, w.join("")
			w.clients = append(w.clients, a)
			w.room.Join(&a.Peer, ann, false, w.now)
			a.send(entry(7, 1, tt.state))
			w.pass(0)
			if got := b.states()[7]; got != tt.want || !json.Valid([]byte(got)) {
				t.Errorf("others are sent %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestGuestsKeepTheirNames shows that a guest is not renamed by the states of others that it sends
// back.
func TestGuestsKeepTheirNames(t *testing.T) {
	w := newWorld(t, Config{})
	named := func(name string) string { return fmt.Sprintf(`{"user":{"name":%q,"color":"#000000"}}`, name) }
	a, y, z := w.joinAs("anna", true), w.join(""), w.join("")
	y.send(entry(1, 1, named("Yves")))
	z.send(entry(2, 1, named("Zoe")))
	w.pass(time.Second)
	z.send(entry(1, 2, named("Yves"))) // an echo
	y.send(entry(2, 2, named("Zoe")), entry(1, 2, named("Yves")))
	y.send(entry(3, 1, named("Xaver"))) // another tab's
	w.pass(time.Second)
	names := map[string]bool{}
	for _, m := range a.take() {
		if m.Kind == protocol.Joined {
			names[m.User.Name] = true
		}
	}
	if y.User().Name != "Yves" || z.User().Name != "Zoe" || names["Xaver"] {
		t.Errorf("they are %s and %s; sent: %v", y.User().Name, z.User().Name, names)
	}
}

// TestNameOfGuest shows that a name is cut between characters, and that an invalid colour is
// ignored.
func TestNameOfGuest(t *testing.T) {
	w := newWorld(t, Config{})
	y := w.join("")
	before := y.User()
	y.send(entry(1, 1, `{"user":{"name":"","color":"red"}}`))
	if y.User() != before {
		t.Errorf("%+v", y.User())
	}
	y.send(entry(1, 2, fmt.Sprintf(`{"user":{"name":%q,"color":"#aBc00z"}}`, strings.Repeat("é", maxName))))
	if got := y.User(); got.Name != strings.Repeat("é", maxName/2) || got.Color != before.Color {
		t.Errorf("%+v", got)
	}
	y.send(entry(1, 3, `{"user":{"name":"Yves","color":"#aBc009"}}`))
	if got := y.User(); got.Name != "Yves" || got.Color != "#aBc009" {
		t.Errorf("%+v", got)
	}
}

// TestRelativeCursors shows that only a pair of relative positions is a relative cursor.
func TestRelativeCursors(t *testing.T) {
	item := `{"item":{"client":1,"clock":2}}`
	for cursor, want := range map[string]bool{
		`{"anchor":` + item + `,"head":` + item + `}`:                                            true,
		`{"anchor":{"type":null,"tname":"t","item":null},"head":` + item + `}`:                   true,
		`{"anchor":{"type":{"client":1,"clock":2},"tname":null,"assoc":-1},"head":` + item + `}`: true,
		`{"anchor":` + item + `}`: false,
		`{"anchor":3,"head":4}`:   false,
		`{"anchor":{},"head":{}}`: false,
		`{"anchor":{"item":{"client":-1,"clock":2}},"head":` + item + `}`:    false,
		`{"anchor":{"item":{"client":1}},"head":` + item + `}`:               false,
		`{"anchor":{"item":{"client":"x"},"tname":"t"},"head":` + item + `}`: false,
		`{"anchor":{"tname":5},"head":` + item + `}`:                         false,
		`{"position":42}`: false,
		`null`:            false,
	} {
		if got := isRelativeCursor([]byte(cursor)); got != want {
			t.Errorf("%s: %v", cursor, got)
		}
	}
}
