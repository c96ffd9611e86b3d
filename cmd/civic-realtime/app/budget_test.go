package app

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

const quarter = 15 * time.Minute

// usage is a way in which people use the service.
type usage struct {
	name    string // of the row in the documentation
	people  int
	records int // number of records that the people are spread over
	role    string
	draft   bool          // the records have drafts from the beginning
	pace    time.Duration // pause between the words of each person; 0: they only read
}

// TestCallsPerEditor shows that the documentation says how often CivicPress is asked in a quarter
// of an hour.
func TestCallsPerEditor(t *testing.T) {
	for _, test := range []usage{
		{"a person who reads", 1, 1, "clerk", false, 0},
		{"a person who reads a draft", 1, 1, "clerk", true, 0},
		{"a person who writes without a pause", 1, 1, "clerk", false, time.Second},
		{"a person who writes a word every 20 s", 1, 1, "clerk", false, 20 * time.Second},
		{"seven people who write, each in another record", 7, 7, "clerk", false, time.Second},
		{"seven people who write in one record", 7, 1, "clerk", false, time.Second},
		{"seven people who read one record", 7, 1, "clerk", false, 0},
		{"seven people who may only view one record", 7, 1, "public", false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, "", standin.Options{AuthLimit: -1, Limit: -1}, func(b *bubble) {
				b.use(test)
				auth, all := b.calls()
				if all > 65*test.people {
					t.Errorf("%d calls of %d people", all, test.people)
				}
				if test.pace > 0 && auth > 10*test.people {
					t.Errorf("%d calls of /auth/* of %d editors", auth, test.people)
				}
				b.mustBeDocumented(test.name, perHead(auth, test.people), perHead(all, test.people))
			})
		})
	}
}

// use is a quarter of an hour of such usage.
func (b *bubble) use(u usage) {
	b.t.Helper()
	for i := range u.records {
		b.api.Put(fmt.Sprint("r", i), "text", nil)
		if u.draft {
			b.api.PutDraft(fmt.Sprint("r", i), "draft")
		}
	}
	var all []*visitor
	for i := range u.people {
		all = append(all, b.connect(byte(i+1), b.api.Login(fmt.Sprint("p", i), u.role), fmt.Sprint("r", i%u.records)))
	}
	b.write(quarter, u.pace, all...)
	for _, v := range all {
		v.mustBeUndisturbed()
		v.leaves()
	}
}

// write makes people write words for some time, or be present only.
func (b *bubble) write(d, pace time.Duration, all ...*visitor) {
	b.t.Helper()
	if pace == 0 {
		time.Sleep(d)
		return
	}
	for range d / pace {
		time.Sleep(pace)
		for _, v := range all {
			v.types("word ")
		}
	}
}

func (v *visitor) mustBeUndisturbed() {
	v.b.t.Helper()
	if len(v.closes()) > 0 || v.refused.Load() > 0 {
		v.b.t.Errorf("client %d was closed with %v, and refused %d times", v.id, v.closes(), v.refused.Load())
	}
}

func perHead(calls, people int) int { return (calls + people - 1) / people }

// mustBeDocumented checks the numbers against the row of that name. A documented number may be a
// little too high, as it varies which of several simultaneous clients is asked about.
func (b *bubble) mustBeDocumented(name string, auth, all int) {
	b.t.Helper()
	text, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		b.t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \| (\d+) \| (\d+) \|$`).FindSubmatch(text)
	if row == nil {
		b.t.Fatalf("not documented: | %s | %d | %d |", name, auth, all)
	}
	for i, got := range []int{auth, all} {
		if want, _ := strconv.Atoi(string(row[i+1])); got > want || got < want-4 {
			b.t.Errorf("%d calls for each, documented are %s (1: of /auth/*, 2: of all)", got, row[1:])
		}
	}
}
