package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// TestBounds shows that each bound of a comparison can fail alone.
func TestBounds(t *testing.T) {
	const cost, latency, lost, state = "CPU", "latency", "lost", "final state"
	for name, test := range map[string]struct {
		change func(us *measured)
		short  string
	}{
		"all kept":           {func(*measured) {}, ""},
		"costs more":         {func(us *measured) { us.cpu = 101 * time.Millisecond }, cost},
		"updates missing":    {func(us *measured) { us.report.Due++ }, lost},
		"updates repeated":   {func(us *measured) { us.report.Repeated = 1 }, lost},
		"another document":   {func(us *measured) { us.state = errors.New("it is another") }, state},
		"late, one in fifty": {func(us *measured) { us.report.Latency = latencies(49, 50*time.Millisecond, 1, 121*time.Millisecond) }, latency},
	} {
		t.Run(name, func(t *testing.T) {
			r := load.Report{Due: 1000, Delivered: 1000, Sent: 100, Took: time.Second,
				Latency: latencies(100, 50*time.Millisecond, 1, 110*time.Millisecond), Late: latencies(1, 0, 0, 0)}
			us, floor := measured{name: "us", report: r, cpu: 100 * time.Millisecond}, measured{name: "relay", report: r, cpu: time.Second}
			test.change(&us)
			for _, row := range compared(cost, []measured{us, floor}, 1.0/10, "a tenth") {
				wanted := test.short == "" || !strings.Contains(row.What, test.short)
				if row.OK != wanted || strings.HasSuffix(row.String(), " short") == wanted {
					t.Error(row)
				}
			}
		})
	}
}

func latencies(n int, d time.Duration, m int, e time.Duration) load.Latencies {
	l := load.NewLatencies()
	for range n {
		l.Add(d)
	}
	for range m {
		l.Add(e)
	}
	return l
}

// TestAuthorsRow shows that the bound is held by the median of the turns.
func TestAuthorsRow(t *testing.T) {
	for _, test := range []struct {
		times []float64
		ok    bool
	}{{[]float64{1.3, 0.9, 1.1}, true}, {[]float64{1.3, 0.9, 1.11}, false}, {[]float64{0.5, 1.2, 1.2}, false}} {
		if row := authorsRow(test.times); row.OK != test.ok {
			t.Error(row)
		}
	}
}

// TestSignedIn shows that each room of people who are alone has a user of its own, in a token that
// the server of the row admits.
func TestSignedIn(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	p, err := b.signedIn("alone.yml", "  authors: {enabled: false}\n")
	if err != nil {
		t.Fatal(err)
	}
	j := auth.NewJWT(auth.JWTConfig{Keys: []auth.Key{auth.SecretKey([]byte(aloneSecret))}})
	for _, room := range []string{"a", "b"} {
		_, token, _ := strings.Cut(p.dialect.Path(room), "?token=")
		s, err := j.Admit(t.Context(), token, roomkey.MustParse(room))
		if err != nil || s.ID != "person-"+room {
			t.Errorf("%q: %+v, %v", token, s, err)
		}
	}
	if args := p.command(b, "dir"); slices.Contains(args, "--dev") || !slices.Contains(args, "dir") {
		t.Errorf("%q", args)
	}
	file, err := os.ReadFile(filepath.Join(b.dir, "alone.yml"))
	if err != nil || !strings.Contains(string(file), aloneSecret) || !strings.Contains(string(file), "authors") {
		t.Errorf("%q, %v", file, err)
	}
}

func TestPeak(t *testing.T) {
	p := newPeak(load.Report{Delivered: 3000, Took: 2 * time.Second}, 500*time.Millisecond)
	if p.perCore != 6000 || p.perReal != 1500 || p.share != 0.25 {
		t.Errorf("%+v", p)
	}
	if s := fmt.Sprint(p); !strings.Contains(s, "25 %") {
		t.Error(s)
	}
}
