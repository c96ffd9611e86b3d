package e2e

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// documentVersion is a version in BlockNote's form.
type documentVersion struct {
	ID   string   `json:"id"`
	Name string   `json:"name,omitempty"`
	By   []string `json:"by,omitempty"`
}

// attribution is a change, or a part of a document, with the user who made it.
type attribution struct {
	Type, Text string
	By         struct{ ID, Name string }
}

// versioned is a page with the endpoints for BlockNote's versions.
type versioned struct{ *client }

// openVersions opens a document with its versions for a user.
func (p *tokenRoom) openVersions(name string) versioned {
	p.t.Helper()
	return p.withVersions(p.newClient(name, 3), name)
}

func (p *tokenRoom) withVersions(c *client, name string) versioned {
	p.t.Helper()
	c.do("versions", args{"url": "http://" + p.s.addr, "room": "record:" + p.room, "token": p.signAPI(name, time.Hour)}, nil)
	return versioned{c}
}

func (c versioned) call(out any, method string, arguments ...any) {
	c.t.Helper()
	c.do("version", args{"method": method, "args": append([]any{}, arguments...)}, out)
}

// keeps keeps a version.
func (c versioned) keeps(name string) (v documentVersion) {
	c.t.Helper()
	c.call(&v, "create", nil, args{"name": name})
	return v
}

// mustAttribute checks what getAttributions returns: "type user text" of each, sorted.
func (c versioned) mustAttribute(what string, want []string, versions ...any) {
	c.t.Helper()
	var all []attribution
	c.call(&all, "getAttributions", versions...)
	var got []string
	for _, a := range all {
		got = append(got, a.Type+" "+a.By.Name+": "+a.Text)
		if a.By.ID != "id-"+a.By.Name {
			c.t.Errorf("%s: %+v", what, a)
		}
	}
	if slices.Sort(got); !reflect.DeepEqual(got, want) {
		c.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// TestBlockNoteVersions shows that the endpoints for BlockNote keep, list, read, rename, compare,
// restore and remove versions at a server, with the users who wrote what.
func TestBlockNoteVersions(t *testing.T) {
	t.Parallel()
	p := newPunctualRoom(t)
	var list []documentVersion
	early := p.withVersions(newClient(t, "Early"), "Early")
	if early.call(&list, "list"); len(list) > 0 {
		t.Errorf("before anybody has opened the document: %+v", list)
	}
	ann, bob := p.openVersions("Ann"), p.openVersions("Bob")
	ann.writes("Dogs on leads. ")
	bob.shows("Dogs on leads. ")
	first := ann.keeps("first")
	bob.writes("Cats are free. ")
	ann.shows("Cats are free. Dogs on leads. ")
	ann.do("erase", args{"at": len("Cats are free. Dogs"), "length": len(" on leads")}, nil)
	bob.shows("Cats are free. Dogs. ")
	second := bob.keeps("second")
	ann.writes("Now: ")
	bob.shows("Now: Cats are free. Dogs. ")

	bob.call(&list, "list")
	want := []documentVersion{{second.ID, "second", []string{"id-Bob"}}, {first.ID, "first", []string{"id-Ann"}}}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, want %+v", list, want)
	}
	const deleted, cats = "delete Ann:  on leads", "insert Bob: Cats are free. "
	ann.mustAttribute("from the first to the second", []string{deleted, cats}, second, first)
	ann.mustAttribute("to the present document", []string{deleted, "insert Ann: Now: ", cats}, args{}, first)
	ann.mustAttribute("to itself", nil, first, first)
	bob.mustAttribute("all of the second", []string{"text Ann: Dogs. ", "text Bob: Cats are free. "}, second)

	bob.call(nil, "restore", nil, first)
	ann.wait(args{"shows": []string{"Dogs on leads. "}})
	converge(t, ann.client, bob.client)
	bob.mustAttribute("with what was restored", []string{deleted, "insert Bob:  on leads"}, args{}, first)
	bob.call(nil, "rename", second, "other")
	bob.call(nil, "remove", first)
	var left []documentVersion
	bob.call(&left, "list")
	if len(left) != 2 || left[0].Name != "" || left[1].Name != "other" {
		t.Errorf("%+v", left)
	}
	ann.mustBeSound()
	bob.mustBeSound()
}
