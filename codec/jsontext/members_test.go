package jsontext

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMembers(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{`{}`, nil},
		{` { } `, nil},
		{`[1,{"a":2}]`, nil},
		{`"a"`, nil},
		{`null`, nil},
		{`{"a":1}`, []string{"a=1"}},
		{` {"a" : [1, {"b":2}] , "c":"}" } `, []string{"a=[1, {\"b\":2}]", `c="}"`}},
		{`{"a":1,"a":{}}`, []string{"a=1", "a={}"}},
		{`{"\u0075ser":null,"x\"":true}`, []string{"user=null", `x"=true`}},
	} {
		var got []string
		for name, value := range Members([]byte(tt.text)) {
			got = append(got, fmt.Sprintf("%s=%s", name, value))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q", tt.text, got)
		}
	}
}

func TestMembersAllocs(t *testing.T) {
	text := []byte(`{"user":{"name":"Ann"},"cursor":{"anchor":1}}`)
	if n := testing.AllocsPerRun(100, func() {
		for range Members(text) {
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAppendQuotedAndUnquote(t *testing.T) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\x1f\n\t", "ÄΩ😀\u2028", "\xff\xc3"} {
		quoted := AppendQuoted(nil, s)
		var want string
		if err := json.Unmarshal(quoted, &want); err != nil ||
			want != strings.ToValidUTF8(s, "\ufffd") {
			t.Errorf("%q: %s, %v", s, quoted, err)
		}
		if got, ok := Unquote(quoted); !ok || got != want {
			t.Errorf("%q: back %q", s, got)
		}
	}
	if _, ok := Unquote([]byte("12")); ok {
		t.Error("a number is a string")
	}
}
