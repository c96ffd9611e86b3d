package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// example is an example of docs/protocol.md: JSON on one line, or hex.
type example struct{ protocol, direction, text string }

var (
	docFence = regexp.MustCompile("(?ms)^```json\n(.*?)^```$")
	docHex   = regexp.MustCompile("\\| `([0-9a-f]+)` \\|$")
	docCode  = regexp.MustCompile("\\| `([A-Z_]+)` \\|")
)

// docSections yields the parts of the document with their two last headings.
func docSections(t *testing.T, yield func(protocol, direction, text string)) {
	doc, err := os.ReadFile("../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, chapter := range strings.Split(string(doc), "\n## ")[1:] {
		protocol, _, _ := strings.Cut(chapter, "\n")
		for _, section := range strings.Split(chapter, "\n### ") {
			direction, _, _ := strings.Cut(section, "\n")
			yield(protocol, direction, section)
		}
	}
}

// docExamples counts how often each example is shown.
func docExamples(t *testing.T) map[example]int {
	found := make(map[example]int)
	docSections(t, func(protocol, direction, text string) {
		for _, fence := range docFence.FindAllStringSubmatch(text, -1) {
			for d := json.NewDecoder(strings.NewReader(fence[1])); d.More(); {
				var raw json.RawMessage
				if err := d.Decode(&raw); err != nil {
					t.Fatalf("%v in %s", err, fence[1])
				}
				var line bytes.Buffer
				json.Compact(&line, raw)
				found[example{protocol, direction, line.String()}]++
			}
		}
		for line := range strings.Lines(text) {
			if hex := docHex.FindStringSubmatch(strings.TrimSpace(line)); hex != nil {
				found[example{protocol, direction, hex[1]}]++
			}
		}
	})
	return found
}

// TestProtocolDoc checks that the document shows all messages of the tables in wire_test.go,
// ywebsocket_test.go and hocuspocus_test.go, which the codecs read and write, in its place, and no
// other.
func TestProtocolDoc(t *testing.T) {
	shown := docExamples(t)
	check := func(e example) {
		if shown[e] != 1 {
			t.Errorf("%s, %s shows this %d times: %s", e.protocol, e.direction, shown[e], e.text)
		}
		delete(shown, e)
	}
	for _, tt := range clientMessages {
		check(example{"JSON", "Client to server", tt.json})
		check(example{"MessagePack", "Client to server", tt.pack})
	}
	sameInPack := make(map[string]bool)
	for _, tt := range serverMessages {
		check(example{"JSON", "Server to client", tt.json})
		if !sameInPack[tt.pack] {
			check(example{"MessagePack", "Server to client", tt.pack})
		}
		sameInPack[tt.pack] = true
	}
	for _, tt := range yFrames {
		check(example{"y-websocket", "y-websocket", tt.hex})
	}
	for _, tt := range hFrames {
		check(example{"Hocuspocus' messages", "Hocuspocus' messages", tt.hex})
	}
	for e := range shown {
		t.Errorf("%s, %s shows what no test knows: %s", e.protocol, e.direction, e.text)
	}
}

// TestProtocolDocKinds checks the numbers in the tables of kinds against the examples beside them.
func TestProtocolDocKinds(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| ([0-9]+) \\| [^|]*\\|[^|]*\\| `9[0-9]([0-9a-f]{2})")
	rows := 0
	docSections(t, func(protocol, direction, text string) {
		for _, m := range row.FindAllStringSubmatch(text, -1) {
			rows++
			var kind int
			fmt.Sscan(m[1], &kind)
			if protocol != "MessagePack" || fmt.Sprintf("%02x", kind) != m[2] {
				t.Errorf("%s, %s: kind %d beside 0x%s", protocol, direction, kind, m[2])
			}
		}
	})
	if want := 12 + 14; rows != want {
		t.Errorf("%d kinds are listed, want %d", rows, want)
	}
}

// TestProtocolDocCodes checks that the table of errors has every code, and no other.
func TestProtocolDocCodes(t *testing.T) {
	codes := map[string]bool{} // and whether the table has it
	for _, c := range []string{CodeAuthFailed, CodeSessionRevoked, CodePermissionDenied, CodeRoomNotFound, CodeInvalidMessage,
		CodeInvalidUpdate, CodeVersionMismatch, CodeRoomLocked, CodeMessageTooLarge, CodeMessageTimeout, CodeDocumentTooLarge,
		CodeRateLimit, CodeConnectionLimit, CodeDisabled, CodeKicked, CodeDeleted, CodeRestarting,
		CodeInternal} {
		codes[c] = false
	}
	docSections(t, func(protocol, _, text string) {
		if protocol != "Errors and close codes" {
			return
		}
		for _, c := range docCode.FindAllStringSubmatch(text, -1) {
			if _, known := codes[c[1]]; !known {
				t.Errorf("%s is no code", c[1])
			}
			codes[c[1]] = true
		}
	})
	for c, listed := range codes {
		if !listed {
			t.Errorf("%s is not listed", c)
		}
	}
}
