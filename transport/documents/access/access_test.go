package access

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

const key = "a key of more than thirty-two bytes"

// TestKeys shows that a key is found by itself or its hash, and what its caller may do.
func TestKeys(t *testing.T) {
	hash := sha256.Sum256([]byte(key + "2"))
	keys, err := NewKeys([]Key{
		{Name: "backend", Key: key, Scopes: []string{"documents:read", "documents:write"}, Rooms: []string{"record:*", "notes"}},
		{Name: "reader", SHA256: hex.EncodeToString(hash[:]), Scopes: []string{"documents:list"}, Rooms: []string{"*"}},
	})
	if err != nil || keys.Len() != 2 {
		t.Fatal(err)
	}
	c := keys.Find(key)
	if c == nil || c.Name != "backend" || c.UserID != "key:backend" {
		t.Fatalf("%+v", c)
	}
	for _, test := range []struct {
		scope Scope
		room  string
		want  bool
	}{
		{Read, "record:a", true}, {Write, "notes", true}, {Read, "notes2", false},
		{Delete, "record:a", false}, {Read, "recor", false}, {Read, "record:", true},
	} {
		if c.May(test.scope, test.room) != test.want {
			t.Errorf("%s of %s: %v", test.scope, test.room, !test.want)
		}
	}
	if c := keys.Find(key + "2"); c == nil || !c.May(List, "any room") || c.Has(Read) {
		t.Errorf("%+v", c)
	}
	if keys.Find("another") != nil || (*Keys)(nil).Find(key) != nil || keys.Find("") != nil {
		t.Error("a key that is none is found")
	}
}

// TestWrongKeys shows what is said of keys that are not valid, without a part of the key.
func TestWrongKeys(t *testing.T) {
	good := Key{Name: "a", Key: key, Scopes: []string{"documents:read"}, Rooms: []string{"*"}}
	for want, change := range map[string]func(*Key){
		"key 1: name":                   func(k *Key) { k.Name = "" },
		"not beginning with":            func(k *Key) { k.Name = "user:a" },
		"either key or key_sha256":      func(k *Key) { k.Key = "" },
		"key \"a\": has to have either": func(k *Key) { k.SHA256 = "00" },
		"fewer than 32 bytes":           func(k *Key) { k.Key = "short-secret" },
		"64 hexadecimal digits":         func(k *Key) { k.Key, k.SHA256 = "", "xyz" },
		"scopes and rooms":              func(k *Key) { k.Rooms = nil },
		`"documents:all" is no scope`:   func(k *Key) { k.Scopes = []string{"documents:all"} },
		`"record:*:x" names no room`:    func(k *Key) { k.Rooms = []string{"record:*:x"} },
		`"" names no room`:              func(k *Key) { k.Rooms = []string{""} },
	} {
		k := good
		change(&k)
		_, err := NewKeys([]Key{k})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "short-secret") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := NewKeys([]Key{good, good}); err == nil || !strings.Contains(err.Error(), "two keys") {
		t.Error(err)
	}
}

// TestTokens shows what the access of a token's claim stands for, and that a claim with an entry
// that is not understood grants nothing.
func TestTokens(t *testing.T) {
	c, ok := OfToken("u1", "Ann", time.Time{}, []Entry{{[]string{"record:a"}, "read"}, {[]string{"notes*"}, "write"}})
	if !ok || c.Name != "user:u1" || !c.May(Read, "record:a") || c.May(Write, "record:a") ||
		!c.May(Write, "notes/7") || c.May(Delete, "notes/7") || c.May(TokensCreate, "notes/7") {
		t.Errorf("%+v", c)
	}
	if c, ok = OfToken("u1", "", time.Time{}, []Entry{{[]string{"*"}, "admin"}}); !ok || !c.May(Delete, "any") {
		t.Errorf("%+v", c)
	}
	for _, e := range []Entry{{[]string{"a"}, "all"}, {[]string{"a*b"}, "read"}} {
		if c, ok := OfToken("u1", "", time.Time{}, []Entry{{[]string{"*"}, "read"}, e}); ok {
			t.Errorf("%+v", c)
		}
	}
	if !Anybody().May(TokensCreate, "any") {
		t.Error("anybody may not")
	}
}
