package yamlfile

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a configuration with a field of each kind.
type sample struct {
	Port    *Port             `yaml:"port"`
	Enabled *Toggle           `yaml:"enabled"`
	Host    string            `yaml:"host"`
	DataDir string            `yaml:"data_dir"`
	Wait    Duration          `yaml:"wait"`
	Origins []string          `yaml:"allowed_origins"`
	Names   map[string]string `yaml:"names"`
	Rooms   struct {
		Max   Count   `yaml:"max_rooms"`
		Peers Count   `yaml:"max_peers"`
		Grace *Amount `yaml:"grace_period_ms"`
	} `yaml:"rooms"`
	Limits struct {
		PerIP Count `yaml:"connections_per_ip"`
	} `yaml:"limits"`
	own int
}

// ignored returns the reason for ignoring one known key.
func ignored(path Path) string {
	if path.String() == "rooms.storage" {
		return "there is one"
	}
	return ""
}

// open reads a file with this text.
func open(t *testing.T, text string) (*File, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sample.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(name, ignored)
}

// decode reads a text into a sample. The messages it returns lack the file's name.
func decode(t *testing.T, text string) (s sample, warnings, errs []string) {
	t.Helper()
	f, err := open(t, text)
	if err == nil {
		f.Decode("realtime", &s)
		warnings, err = f.Warnings(), f.Err()
	}
	message := func(line string) string {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), "sample.yml: ")
		return rest
	}
	for i := range warnings {
		warnings[i] = message(warnings[i])
	}
	if err != nil {
		for line := range strings.Lines(err.Error()) {
			errs = append(errs, message(line))
		}
	}
	return s, warnings, errs
}

// mustDecode reads a text that must be valid.
func mustDecode(t *testing.T, text string) sample {
	t.Helper()
	s, warnings, errs := decode(t, text)
	if len(warnings) > 0 || len(errs) > 0 {
		t.Errorf("%s: warnings %q, errors %q", text, warnings, errs)
	}
	return s
}

// TestDecode shows that a value of each kind is read, and that fields without a key in the file do
// not change.
func TestDecode(t *testing.T) {
	s := mustDecode(t, "realtime:\n  port: 0\n  enabled: 'False'\n  host: h\n  wait: 1m30s\n  allowed_origins: [a, 1]\n  names: {em: i}\n  rooms: {max_rooms: '7', grace_period_ms: 0}\n")
	if *s.Port != 0 || *s.Enabled || s.Host != "h" || time.Duration(s.Wait) != 90*time.Second || s.Rooms.Max != 7 || *s.Rooms.Grace != 0 {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(s.Origins, []string{"a", "1"}) || !maps.Equal(s.Names, map[string]string{"em": "i"}) {
		t.Errorf("%q, %q", s.Origins, s.Names)
	}
	for _, text := range []string{"", "# nothing\n", "realtime:\n", "realtime: {}", "realtime:\n  port:\n  enabled:\n  rooms:\n  names: ~\n"} {
		if s := mustDecode(t, text); !reflect.DeepEqual(s, sample{}) {
			t.Errorf("%q: %+v", text, s)
		}
	}
	if s := mustDecode(t, "port: 4000"); *s.Port != 4000 {
		t.Errorf("without the outer key: %v", *s.Port)
	}
}

// TestYAML shows the values of aliases, merged keys, tags and texts of several lines.
func TestYAML(t *testing.T) {
	s := mustDecode(t, `
realtime:
  host: &host 127.0.0.9
  data_dir: *host
  rooms: &rooms {max_rooms: !!int 7}
  names:
    secret: |-
      a secret of
      two lines
  allowed_origins: &origins ['http://*.town.example']
`)
	if s.Host != "127.0.0.9" || s.DataDir != s.Host || s.Rooms.Max != 7 || s.Names["secret"] != "a secret of\ntwo lines" {
		t.Errorf("%+v", s)
	}
	if s := mustDecode(t, "realtime:\n  rooms:\n    <<: {max_rooms: 7, max_peers: 8}\n    max_peers: 9\n"); s.Rooms.Max != 7 || s.Rooms.Peers != 9 {
		t.Errorf("merged: %+v", s.Rooms)
	}
	if s := mustDecode(t, "realtime:\n  host: &a 127.0.0.8\n  data_dir: *a\n  port: &a 1\n"); s.DataDir != "127.0.0.8" {
		t.Errorf("an anchor that is named again: %q", s.DataDir)
	}
}

// TestErrors shows that all errors of a file are reported, each with its place.
func TestErrors(t *testing.T) {
	_, _, errs := decode(t, `realtime:
  port: abc
  enabled: "yes"
  host: [a]
  wait: 30
  host: b
  rooms: {max_rooms: 0, grace_period_ms: -1}
  allowed_origins: [a, {b: c}]
  names: {em: [a]}
  limits: 7
  bicycles: 1
`)
	want := []string{
		`[2:9] port: "abc" is not a port, a whole number from 0 to 65535`,
		`[3:12] enabled: "yes" is not true or false`,
		`[4:9] host: a list is not a text`,
		`[5:9] wait: "30" is not a time above 0 with its unit, such as 100ms or 30s`,
		`[6:3] the key "host" stands twice`,
		`[7:22] rooms.max_rooms: "0" is not a whole number above 0`,
		`[7:42] rooms.grace_period_ms: "-1" is not a whole number, 0 or above`,
		`[8:20] allowed_origins: a list is not a list of texts, as number 2 of it is a section`,
		`[9:10] names: a section is not a map from text to text`,
		`[10:11] limits: must be a section with keys below it`,
		`[11:3] unknown key "bicycles"`,
	}
	if !slices.Equal(errs, want) {
		t.Errorf("they are\n%s\nand not\n%s", strings.Join(errs, "\n"), strings.Join(want, "\n"))
	}
}

// TestOneError checks the error of each of these files.
func TestOneError(t *testing.T) {
	for text, want := range map[string]string{
		"realtime: {prot: 1}":                      `[1:12] unknown key "prot"; did you mean "port"?`,
		"realtimes: {port: 1}":                     `[1:1] unknown key "realtimes"; did you mean "realtime"?`,
		"realtime: {roms: {}}":                     `[1:12] unknown key "roms"; did you mean "rooms"?`,
		"realtime: {rooms: {maxRooms: 1}}":         `[1:20] unknown key "maxRooms"; did you mean "max_rooms"?`,
		"realtime: {rooms: {connectionsPerIP: 1}}": `[1:20] unknown key "connectionsPerIP"; did you mean "limits.connections_per_ip"?`,
		"realtime: {own: 1}":                       `[1:12] unknown key "own"`,
		"realtime: {}\nport: 1":                    `[2:1] unknown key "port" beside "realtime"; what is to count stands below that`,
		"realtime: {port: *nix}":                   `[1:18] *nix stands for nothing: there is no &nix before it`,
		"realtime: *nix":                           `[1:11] *nix stands for nothing: there is no &nix before it`,
		"realtime: {port: *later, host: &later 1}": `[1:18] *later stands for nothing: there is no &later before it`,
		"realtime: &x\n  port: 1\n  <<: *x\n":      `[3:7] *x stands inside of what it stands for`,
		"realtime:\n  rooms: &r\n    <<: {<<: *r}": `[3:14] *r stands inside of what it stands for`,
		"realtime:\n  allowed_origins: &r [*r]\n":  `[2:24] *r stands inside of what it stands for`,
		"port: 7\n---\nhost: 127.0.0.2\n":          `[3:5] a second document (---): one is read`,
		"realtime: 7":                              `[1:11] this must be a section with keys below it`,
		"realtime: {rooms: s3cret}":                `[1:19] rooms: must be a section with keys below it`,
	} {
		if _, _, errs := decode(t, text); !slices.Contains(errs, want) {
			t.Errorf("%q: %q, want %q", text, errs, want)
		}
	}
	if _, err := open(t, "realtime: ["); err == nil || !strings.Contains(err.Error(), "[1:11]") {
		t.Errorf("no YAML: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), nil); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// TestOneDocument shows that a file may begin with the marker of a document (---).
func TestOneDocument(t *testing.T) {
	for _, text := range []string{"---\nport: 7\n", "# ours\n---\nport: 7\n", "---\nport: 7\n---\n", "%YAML 1.2\n---\nport: 7\n...\n"} {
		if s := mustDecode(t, text); s.Port == nil || *s.Port != 7 {
			t.Errorf("%q: %v", text, s.Port)
		}
	}
}

// TestIgnored shows that a key for which there is a reason to ignore it is a warning, not an error.
func TestIgnored(t *testing.T) {
	_, warnings, errs := decode(t, "realtime: {rooms: {storage: here}}")
	if want := []string{"[1:20] rooms.storage has no effect: there is one"}; !slices.Equal(warnings, want) || len(errs) > 0 {
		t.Errorf("%q, %q", warnings, errs)
	}
}

// TestDecodeKnown shows that the keys of a struct are read from a file that has keys of other
// programs.
func TestDecodeKnown(t *testing.T) {
	for text, want := range map[string]string{
		"features: {realtime: false, maps: true}": "",
		"realtime: false\nother: {a: b}":          "",
		"features: {realtime: false, realtim: 1}": `features.realtim has no effect; did you mean "realtime"?`,
	} {
		var s struct {
			Realtime *Toggle `yaml:"realtime"`
		}
		f, err := open(t, text)
		if err != nil {
			t.Fatal(err)
		}
		f.DecodeKnown("features", &s)
		if f.Err() != nil || s.Realtime == nil || bool(*s.Realtime) || !strings.HasSuffix(strings.Join(f.Warnings(), "; "), want) {
			t.Errorf("%q: %v, %q, %v", text, s.Realtime, f.Warnings(), f.Err())
		}
	}
	f, err := open(t, "[a, b]")
	if err != nil {
		t.Fatal(err)
	}
	if f.DecodeKnown("features", new(sample)); f.Err() == nil || !strings.HasSuffix(f.Err().Error(), "there are no features in it") {
		t.Errorf("a list: %v", f.Err())
	}
}

// TestKeys checks the paths of the keys of a struct.
func TestKeys(t *testing.T) {
	var all []string
	for _, k := range Keys(reflect.TypeFor[sample]()) {
		all = append(all, k.String())
	}
	want := "port enabled host data_dir wait allowed_origins names rooms.max_rooms rooms.max_peers rooms.grace_period_ms limits.connections_per_ip"
	if got := strings.Join(all, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestNearest checks which known key is the nearest to a misspelt one.
func TestNearest(t *testing.T) {
	known := []string{"port", "host", "max_rooms", "data_dir"}
	for name, want := range map[string]string{
		"prot": "port", "Port": "port", "prt": "port", "maxRooms": "max_rooms", "max-room": "max_rooms", "datadir": "data_dir", "xy": "", "bicycles": "",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if nearest("port", nil) != "" {
		t.Error("there is none")
	}
}
