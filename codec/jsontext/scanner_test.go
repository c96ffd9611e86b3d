package jsontext

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

var texts = []string{
	`null`, `true`, `false`, `0`, `-0`, `1.5e+10`, `-12.0E-3`, `""`, `"a\u00e9\n\"\\\/"`, `[]`,
	`[1,[2,{"a":null}]]`, `{}`,
	` { "a" : [ 1 , 2 ] , "b" : "c" } `, "\t[\n]\r", `{"\ud800":1}`, `"é€😀"`, `1E300`,
	`{"__proto__x":1,"_":2}`, `"__proto__"`,
	``, ` `, `nul`, `nulll`, `01`, `1.`, `.5`, `+1`, `-`, `1e`, `"`, `"\x"`, `"\u12g4"`, "\"\n\"",
	`[1,]`, `[,1]`, `{"a"}`, `{a:1}`,
	`{"a":1,}`, `[1}`, `{"a":1]`, `1 2`, `undefined`, `NaN`, `'a'`, "\ufeff1", `[1 2]`, `{"a" 1}`,
	"\x00", `"\`, `[`,
}

// TestCheck compares Check with encoding/json, which accepts the texts that JSON.parse accepts.
// TestCheckErrors has those that change when they are parsed and written again.
func TestCheck(t *testing.T) {
	for _, s := range texts {
		if _, err := Check([]byte(s)); (err == nil) != json.Valid([]byte(s)) {
			t.Errorf("Check(%q) = %v", s, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		switch _, err := Check(b); {
		case errors.Is(err, lib0.ErrDepth), errors.Is(err, lib0.ErrUTF8), errors.Is(err, lib0.ErrPrototype), errors.Is(err, ErrNumber):
		case (err == nil) != json.Valid(b):
			t.Errorf("Check(%q) = %v", b, err)
		}
	})
}

func TestCheckErrors(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		in   string
		at   int
		want error
	}{
		"depth":         {nested(lib0.MaxDepth), lib0.MaxDepth * 2, nil},
		"too deep":      {nested(lib0.MaxDepth + 1), lib0.MaxDepth, lib0.ErrDepth},
		"million deep":  {strings.Repeat("[", 1_000_000), lib0.MaxDepth, lib0.ErrDepth},
		"invalid UTF-8": {"\"ab\xff\"", 3, lib0.ErrUTF8},
		"trailing":      {"{}x", 2, ErrSyntax},
		"in the middle": {`{"a":tru}`, 8, ErrSyntax},

		"prototype":               {`{"a":1,"__proto__":1}`, 7, lib0.ErrPrototype},
		"prototype within":        {`[{"a":{"__proto__":null}}]`, 7, lib0.ErrPrototype},
		"prototype, escaped":      {`{"\u005f_pr\u006Fto_\u005F":1}`, 1, lib0.ErrPrototype},
		"prototype cut short":     {`{"__proto_":1,"__proto":2}`, 26, nil},
		"not quite the prototype": {`{"\u015f_proto__":1,"\/_proto__":2,"__proto__\n":3,"\ud800":4}`, 62, nil},
		"infinite":                {`[1e309]`, 1, ErrNumber},
		"minus infinity":          {`{"a":-2E+308}`, 5, ErrNumber},
		"infinite by digits":      {"9" + strings.Repeat("0", 308), 0, ErrNumber},
		"many digits":             {"1." + strings.Repeat("0", 1000), 1002, nil},
		"very small":              {"1e-999", 6, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if at, err := Check([]byte(c.in)); at != c.at || !errors.Is(err, c.want) {
				t.Errorf("%v at %d, want %v at %d", err, at, c.want, c.at)
			}
		})
	}
}

func TestCheckAllocs(t *testing.T) {
	text := []byte(`{"\u005f_prot":[1,-0.5e10,1E300],"b":{"__proto":"x"}}`)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Check(text); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
