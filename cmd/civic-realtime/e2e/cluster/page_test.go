package cluster

import (
	"fmt"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// page is a client in Node, with a real provider of y-websocket: a process that executes the
// commands of client.mjs.
type page struct {
	*processes.Worker
	t    *testing.T
	name string
}

type args = processes.Args

// openPage starts a client that joins a room at url with a version of y-websocket, and waits until
// it has synced.
func openPage(t *testing.T, name, url, room, token string, version any) *page {
	t.Helper()
	w, err := processes.StartWorker(name, 2*patience, "../client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	p := &page{Worker: w, t: t, name: name}
	t.Cleanup(func() {
		p.Kill()
		<-p.Ended
		if t.Failed() {
			t.Logf("stderr of %s:\n%s", name, p.Log.Tail(30))
		}
	})
	p.do("open", args{"url": url, "room": room, "version": version, "params": args{"token": token}, "record": true}, nil)
	p.do("wait", args{"until": args{"synced": true}, "deadline": patience.Milliseconds()}, nil)
	return p
}

// begin sends a command without waiting for its reply.
func (p *page) begin(cmd string, a args) processes.Call {
	p.t.Helper()
	return p.Begin(p.t, p.name, cmd, a)
}

func (p *page) do(cmd string, a args, out any) {
	p.t.Helper()
	p.begin(cmd, a).End(out)
}

// pageReport is everything in the document of a page.
type pageReport struct {
	Claim   claim  `json:"claim"`
	Text    string `json:"text"`
	Pending bool   `json:"pending"`
	Hash    string `json:"hash"`
}

func (p *page) report() (r pageReport) {
	p.t.Helper()
	p.do("report", nil, &r)
	return r
}

// pageStatus is the past of a page's connections.
type pageStatus struct {
	Closes []struct {
		Code   int
		Reason string
	}
	Problems []string
	Connects int
}

// faults lists what must not have happened to the page.
func (p *page) faults() (wrong []string) {
	p.t.Helper()
	var st pageStatus
	p.do("status", nil, &st)
	for _, c := range st.Closes {
		if c.Code >= 4000 && c.Code < 4500 {
			wrong = append(wrong, fmt.Sprintf("%s was closed for good: %d %s", p.name, c.Code, c.Reason))
		}
	}
	for _, problem := range st.Problems {
		wrong = append(wrong, p.name+": "+problem)
	}
	return wrong
}
