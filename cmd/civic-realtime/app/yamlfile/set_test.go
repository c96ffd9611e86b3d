package yamlfile

import (
	"testing"
)

// TestSetAndText shows that each form of value can be set, and is written in the form that can be
// set again; that an empty text stands for an absent key; and that a wrong value changes nothing.
func TestSetAndText(t *testing.T) {
	type section struct {
		Count    Count             `yaml:"count"`
		Amount   *Amount           `yaml:"amount"`
		Port     *Port             `yaml:"port"`
		Toggle   Toggle            `yaml:"toggle"`
		Switch   *Toggle           `yaml:"switch"`
		Duration Duration          `yaml:"duration"`
		Delay    *Delay            `yaml:"delay"`
		Text     string            `yaml:"text"`
		Choice   *string           `yaml:"choice"`
		List     []string          `yaml:"list"`
		Map      map[string]string `yaml:"map"`
	}
	var of struct {
		Section *section `yaml:"section"`
	}
	for _, test := range []struct{ key, text, wrong, empty string }{
		{"count", "7", "0", ""}, {"amount", "0", "-1", ""}, {"port", "0", "70000", ""}, {"toggle", "true", "maybe", "false"}, {"switch", "false", "1", ""},
		{"duration", "1h30m", "0s", ""}, {"duration", "2h", "1", ""}, {"delay", "0s", "-1s", ""}, {"delay", "5m", "5", ""},
		{"text", "a: b", "", ""}, {"choice", "c", "", ""}, {"list", "a,b", "", ""}, {"map", "a=1,b=2", "a", ""},
	} {
		path := Path{"section", test.key}
		if wants := Set(&of, path, test.text); wants != "" || Text(Field(&of, path)) != test.text {
			t.Errorf("%s: %q, %q", test.key, wants, Text(Field(&of, path)))
		}
		if test.wrong != "" && (Set(&of, path, test.wrong) == "" || Text(Field(&of, path)) != test.text) {
			t.Errorf("%s: %q is accepted", test.key, test.wrong)
		}
		if wants := Set(&of, path, ""); wants != "" || Text(Field(&of, path)) != test.empty {
			t.Errorf("%s without a value: %q, %q", test.key, wants, Text(Field(&of, path)))
		}
	}
	if of.Section.Choice == nil || *of.Section.Choice != "" || !TakesEmpty(&of, Path{"section", "choice"}) || TakesEmpty(&of, Path{"section", "text"}) {
		t.Error("an empty text is no value of choice, or is one of text")
	}
}

// TestAlias shows that a key may have another spelling, that only one of the two may be used, and
// that places are those of the key.
func TestAlias(t *testing.T) {
	var into struct {
		Section struct {
			A Count `yaml:"a"`
		} `yaml:"sections" alias:"section"`
	}
	f, err := open(t, "x:\n  section:\n    a: 7\n")
	if err != nil {
		t.Fatal(err)
	}
	f.Decode("x", &into)
	if into.Section.A != 7 || f.Err() != nil || f.Places()["sections.a"] != 3 {
		t.Errorf("%+v, %v, %v", into, f.Err(), f.Places())
	}
	f, err = open(t, "x: {section: {a: 7}, sections: {a: 8}}")
	if f.Decode("x", &into); err != nil || f.Err() == nil {
		t.Error("both spellings are accepted")
	}
}
