package e2e

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// columns are the clients in the columns of the table "What clients do" in docs/protocol.md.
var columns = [][]any{{1.5, 2, "3.0", 4}, {3}, {"json", "msgpack"}}

// TestClientsAfterClose checks the table "What clients do" in docs/protocol.md against the real
// clients: each connects to a server that acts as a row says, and a clock that stands still
// meanwhile measures its waits before it reconnects. Every close code in the table of errors is
// tried, and must have a row.
func TestClientsAfterClose(t *testing.T) {
	t.Parallel()
	rows, codes := documentedReactions(t), docCloseCodes(t, errorTable(t))
	for _, code := range codes {
		if !slices.ContainsFunc(rows, func(row reaction) bool { return row.first <= code && code <= row.last }) {
			t.Errorf("what clients do after %d is in no row", code)
		}
	}
	for i, versions := range columns {
		for _, version := range versions {
			t.Run(fmt.Sprint(version), func(t *testing.T) {
				t.Parallel()
				c := newClockedClient(t, fmt.Sprint(version))
				var url string
				c.do("closer", nil, &url)
				for _, row := range rows {
					for _, room := range row.rooms(codes, version) {
						c.do("open", args{"url": url, "room": room, "version": version, "maxBackoffTime": nil}, nil)
						if got := c.reconnectWaits(room, strings.Count(row.waits[i], ",")+1); got != row.waits[i] {
							t.Errorf("%s: it waits %s ms, in the table %s", room, got, row.waits[i])
						}
					}
				}
			})
		}
	}
}

// reconnectWaits returns the waits before the next attempts to connect, in the form of the table.
func (c *client) reconnectWaits(room string, count int) string {
	c.t.Helper()
	if room == "silence" {
		var after int
		c.do("giveUp", nil, &after)
		return strconv.Itoa(after)
	}
	var waits []*int
	c.do("waits", args{"count": count}, &waits)
	var texts []string
	for _, wait := range waits {
		if wait == nil {
			texts = append(texts, "never")
			continue
		}
		texts = append(texts, strconv.Itoa(*wait))
	}
	return strings.Join(texts, ", ")
}

// newClockedClient starts a client process with a clock that stands still; clocked.mjs has its
// commands.
func newClockedClient(t *testing.T, name string) *client {
	t.Helper()
	return newClientOf(t, name, "clocked.mjs")
}

// reaction is a row of the table "What clients do".
type reaction struct {
	what        string
	first, last int // close codes
	waits       []string
}

// documentedReactions returns the rows of the table.
func documentedReactions(t *testing.T) (rows []reaction) {
	t.Helper()
	_, table, ok := strings.Cut(protocolDoc(t), "\n### What clients do\n")
	if !ok {
		t.Fatal("docs/protocol.md does not say what clients do")
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 1+len(columns) || !regexp.MustCompile(`[0-9]|never`).MatchString(cells[1]) || strings.Contains(line, "`") {
			continue
		}
		row := reaction{what: strings.TrimSpace(cells[0])}
		for _, cell := range cells[1:] {
			row.waits = append(row.waits, strings.TrimSpace(cell))
		}
		fmt.Sscanf(row.what, "closed with %d to %d", &row.first, &row.last)
		rows = append(rows, row)
	}
	return rows
}

// rooms returns the rooms of lib/closer.mjs that make the row happen to a client of a version.
func (row reaction) rooms(codes []int, version any) (rooms []string) {
	switch {
	case row.what == "connection broken":
		return []string{"break"}
	case row.what == "handshake refused":
		return []string{"refuse"}
	case strings.HasPrefix(row.what, "nothing received"):
		return []string{"silence"}
	}
	suffix := ""
	if strings.HasSuffix(row.what, "after it had the document") {
		suffix = "-synced"
		if isNative(version) {
			suffix += fmt.Sprint("-", version)
		}
	}
	for _, code := range codes {
		if row.first <= code && code <= row.last {
			rooms = append(rooms, fmt.Sprint("close-", code, suffix))
		}
	}
	return rooms
}

// docCloseCodes returns the close codes of both sets in a table of errors.
func docCloseCodes(t *testing.T, table string) (codes []int) {
	t.Helper()
	for _, row := range regexp.MustCompile(`(?m)^\|[^|\n]*\|[^|\n]*\| ([0-9]{4}) \| ([0-9]{4}) \|`).FindAllStringSubmatch(table, -1) {
		for _, text := range row[1:] {
			code, _ := strconv.Atoi(text)
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	if len(codes) < 10 {
		t.Fatalf("the table of errors has the close codes %v", codes)
	}
	return codes
}

// errorTable returns docs/protocol.md without the rows about clients of Hocuspocus, which other
// clients are not sent (TestHocuspocusAfterClose).
func errorTable(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`(?m)^\| Hocuspocus: .*\n`).ReplaceAllString(protocolDoc(t), "")
}

func protocolDoc(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

// hocuspocusCodes are the close codes in the rows about clients of Hocuspocus: its own servers use
// them in the same cases, and its provider comes back after every code.
var hocuspocusCodes = []int{4205, 4408}

// TestFinalCodes shows that, in the table of errors, the standard codes 4400 to 4499 are exactly
// those after which a client must not come back by itself, but for 4408; and that those of
// Hocuspocus are in no other row, and final in none.
func TestFinalCodes(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile(`(?m)^\|([^|\n]*)\|[^|\n]*\| ([0-9]{4}) \| [0-9]{4} \| (yes|no|later|after a while)\b`).FindAllStringSubmatch(protocolDoc(t), -1)
	var own []int
	for _, row := range rows {
		code, _ := strconv.Atoi(row[2])
		final := code >= 4400 && code < 4500
		if strings.HasPrefix(row[1], " Hocuspocus: ") {
			own, final = append(own, code), false
		} else if slices.Contains(hocuspocusCodes, code) {
			t.Errorf("%s: closed with %d, which is for clients of Hocuspocus only", row[1], code)
		}
		if final != (row[3] == "no") {
			t.Errorf("%s: closed with %d, come back: %s", row[1], code, row[3])
		}
	}
	if !slices.Equal(own, hocuspocusCodes) {
		t.Errorf("clients of Hocuspocus are closed with %v, want %v", own, hocuspocusCodes)
	}
	if len(rows) < 10 {
		t.Errorf("the table of errors has %d rows", len(rows))
	}
}
