package cluster

import (
	"bufio"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// page is a client in Node, with a real provider of y-websocket: a process that executes the
// commands of client.mjs, one at a time.
type page struct {
	t    *testing.T
	name string
	log  *output
	node *nodeworker.Process
	out  chan []byte // its answers
	last int
	read map[int]pageAnswer // that nobody has waited for yet
}

type args map[string]any

type pageAnswer struct {
	ID     int
	Result json.RawMessage
	Error  string
}

// open starts a client that joins a room at url with a version of y-websocket, and waits until it
// has synced.
func openPage(t *testing.T, name, url, room, token string, version any) *page {
	t.Helper()
	p := &page{t: t, name: name, log: newOutput(), out: make(chan []byte), read: map[int]pageAnswer{}}
	node, err := nodeworker.Start(p.log, "../client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	p.node = node
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(p.out)
		for r := bufio.NewReader(node.Out); ; {
			line, err := r.ReadBytes('\n')
			if err != nil {
				break
			}
			p.out <- line
		}
		_ = node.Wait()
	}()
	t.Cleanup(func() {
		node.Kill()
		go func() {
			for range p.out {
			}
		}()
		<-ended
		if t.Failed() {
			t.Logf("stderr of %s:\n%s", name, p.log.tail(30))
		}
	})
	p.do("open", args{"url": url, "room": room, "version": version, "params": args{"token": token}, "record": true}, nil)
	p.do("wait", args{"until": args{"synced": true}, "deadline": patience.Milliseconds()}, nil)
	return p
}

// begin sends a command, whose answer end reads.
func (p *page) begin(cmd string, a args) (id int) {
	p.last++
	message := args{"id": p.last, "cmd": cmd}
	for k, v := range a {
		message[k] = v
	}
	line, _ := json.Marshal(message)
	_, _ = p.node.In.Write(append(line, '\n'))
	return p.last
}

// end waits for the answer to a command, and decodes its result into out, which may be nil.
func (p *page) end(id int, out any) {
	p.t.Helper()
	for late := time.After(2 * patience); p.read[id].ID == 0; {
		select {
		case line, ok := <-p.out:
			var a pageAnswer
			if err := json.Unmarshal(line, &a); !ok || err != nil {
				p.t.Fatalf("%s is gone: %v\n%s", p.name, err, p.log.tail(30))
			}
			p.read[a.ID] = a
		case <-late:
			p.t.Fatalf("%s does not answer", p.name)
		}
	}
	a := p.read[id]
	delete(p.read, id)
	if a.Error != "" {
		p.t.Fatalf("%s: %s", p.name, a.Error)
	}
	if out != nil {
		if err := json.Unmarshal(a.Result, out); err != nil {
			p.t.Fatalf("%s: %v", p.name, err)
		}
	}
}

func (p *page) do(cmd string, a args, out any) {
	p.t.Helper()
	p.end(p.begin(cmd, a), out)
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
