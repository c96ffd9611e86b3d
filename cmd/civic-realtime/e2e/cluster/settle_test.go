package cluster

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// settle ends the typing, waits until all clients agree, and checks everything that happened. The
// faults must have ended.
func (c *cluster) settle() {
	c.t.Helper()
	c.opened()
	for _, p := range c.typists {
		p.mu.Lock()
		p.still = true
		p.mu.Unlock()
	}
	for _, h := range c.rooms {
		c.settleRoom(h)
	}
	c.settlePages()
	for _, p := range c.typists {
		c.complain(fmt.Sprintf("client %d of %s", p.id, p.h.room), p.faults)
	}
	c.complain("drafts of the nodes' own", c.imports())
	for _, n := range c.nodes {
		c.complain(n.name+" logs", n.log.Complaints(c.excuse...))
	}
}

// imports says so if nodes have taken more texts for changes by other programs than there were,
// and drafts of rooms that went on with older copies.
func (c *cluster) imports() []string {
	var sum float64
	for _, n := range c.nodes {
		sum += n.imports + n.changes()
	}
	allowed := c.outside
	for _, h := range c.rooms {
		allowed += h.again
	}
	if sum > float64(allowed) {
		return []string{fmt.Sprintf("%v were taken for changes by other programs, of which there were %d", sum, allowed)}
	}
	return nil
}

// complain fails the test if there is something wrong, unless that is to be found.
func (c *cluster) complain(of string, wrong []string) {
	c.t.Helper()
	switch n := len(wrong); {
	case n > 0 && c.found != nil:
		c.found[of] += n
	case n > 0:
		c.t.Errorf("%s: %d: %s", of, n, strings.Join(wrong[:min(n, 10)], "\n\t"))
	}
}

// settleRoom waits until all clients of a room, and one that comes now, have the same document and
// its text is saved, and checks it.
func (c *cluster) settleRoom(h *history) {
	c.t.Helper()
	final, text := c.converge(h, func(text string) bool { return c.site.saved(h, text) })
	h.again = c.wentOn(h)
	if c.beganAnew(h) {
		c.settleAnew(h, text)
		return
	}
	c.complain(h.room+" has lost", h.lost(final, c.excluded))
	c.complain(h.room+" has wrong words", h.wrongWords(text))
	c.complain(h.room+" has wrong drafts", h.wrongSaves(text))
}

// replaced is what a node logs that has a document of a room that began anew without it.
const replaced = "a document that another one has replaced is kept as a version"

// beganAnew reports whether a room began anew with its record, as its owner was away when Redis was
// emptied. The owner's document is a version then.
func (c *cluster) beganAnew(h *history) bool {
	of := regexp.MustCompile(replaced + `".* room=record:` + regexp.QuoteMeta(h.room) + `\b`)
	return c.emptied && slices.ContainsFunc(c.nodes, func(n *node) bool { return of.MatchString(n.log.String()) })
}

// older is what a node logs that was away with the newest updates of a room when Redis was emptied.
const older = "a room went on without its newest updates, after Redis was emptied"

// wentOn returns how often a room may have gone on with an older copy of its document, as its
// owner was away when Redis was emptied: the owner warns of it, unless clients have brought
// meanwhile what the copy lacked. Each time the draft of its record is taken for a change by
// another program, and brings the words that the copy lacks; the owner and the clients bring them
// again.
func (c *cluster) wentOn(h *history) (times int) {
	of := regexp.MustCompile(older + `".* room=record:` + regexp.QuoteMeta(h.room) + `\b`)
	for _, n := range c.nodes {
		times += len(of.FindAllString(n.log.String(), -1))
	}
	if times > 0 {
		c.t.Logf("%s went on with an older copy, as its owner was away when Redis was emptied", h.room)
	}
	return max(times, c.without)
}

// settleAnew checks a room that began anew: its clients were rebased onto the text of its record,
// which has some of their words already, also some that they had deleted since.
func (c *cluster) settleAnew(h *history, text string) {
	c.t.Helper()
	c.t.Logf("%s began anew, as its owner was away when Redis was emptied", h.room)
	h.anew = true
	c.complain(h.room+" has wrong words", h.wrongWords(text))
}

// converge waits until the documents of all clients of a room and of a new one are equal and their
// text is what ok asks for, and returns both. Equal documents may change once more when their text
// is about to be saved: a room that went on with an older copy takes a draft for a change by
// another program.
func (c *cluster) converge(h *history, ok func(text string) bool) (*ydoc.Doc, string) {
	c.t.Helper()
	reader := c.reader(h)
	defer reader.leave()
	all := []*typist{reader}
	for _, p := range c.typists {
		if p.h == h && !p.away {
			all = append(all, p)
		}
	}
	var differ string
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * pollInterval) {
		if differ = differences(all); differ == "" {
			final, text := c.documentOf(reader)
			if ok(text) {
				return final, text
			}
			differ = fmt.Sprintf("their text is not saved: %.2000q", text)
		}
		if time.Now().After(deadline) {
			c.report()
			c.t.Fatalf("%s: the clients do not converge: %s", h.room, differ)
		}
	}
}

// documentOf returns the document of a client and its text, as it is saved.
func (c *cluster) documentOf(p *typist) (*ydoc.Doc, string) {
	c.t.Helper()
	d := &ydoc.Doc{}
	p.mu.Lock()
	d.Apply(yjs.Trust(p.doc.AppendState(nil)))
	p.mu.Unlock()
	text, err := markdownOf(d)
	if err != nil {
		c.t.Fatal(err)
	}
	return d, text
}

// differences says in what the documents of clients differ, or who is not in sync; "" for nothing.
func differences(all []*typist) string {
	var first claim
	for i, p := range all {
		p.mu.Lock()
		is, settled := claimOf(&p.doc), p.conn != nil && len(p.sent) == 0 && !p.synced.IsZero() && p.more <= 0
		size := p.doc.PendingSize()
		p.mu.Unlock()
		switch {
		case !settled:
			return fmt.Sprintf("client %d is not in sync", p.id)
		case size > 0:
			return fmt.Sprintf("client %d has updates that it cannot apply", p.id)
		case i == 0:
			first = is
		case is.String() != first.String():
			return fmt.Sprintf("client %d lacks %q, client %d lacks %q", p.id, first.missing(is), all[0].id, is.missing(first))
		}
	}
	return ""
}

// markdownOf returns the text of a document, as it is saved.
func markdownOf(d *ydoc.Doc) (text string, err error) {
	defer view.Recover(&err)
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		return "", err
	}
	text, _ = new(prose.Rendering).Markdown(v, markdown.Schema{})
	return text, nil
}

var tokenPattern = regexp.MustCompile(`<[a-z]+\.[0-9]+>`)

// settlePages waits until all pages and one that comes now have the same document, with everything
// that any of them was sent, and each token that was typed and kept once.
func (c *cluster) settlePages() {
	c.t.Helper()
	if len(c.pages) == 0 {
		return
	}
	var kept []string
	for i, p := range c.pages {
		var typed struct{ Kept, Deleted []string }
		p.do("stop", nil, nil)
		c.typing[i].End(&typed)
		kept = append(kept, typed.Kept...)
	}
	all := append(slices.Clone(c.pages), c.newcomer("newcomer", "pages", 3))
	claims := c.coverEachOther(all)
	first := all[0].report()
	for _, p := range all {
		var lacks []string
		p.do("missing", args{"claims": claims}, &lacks)
		c.complain(p.name+" lacks", lacks)
		if r := p.report(); r.Hash != first.Hash || r.Pending {
			c.t.Errorf("%s and %s differ", all[0].name, p.name)
		}
		c.complain(p.name, p.faults())
	}
	slices.Sort(kept)
	got := tokenPattern.FindAllString(first.Text, -1)
	slices.Sort(got)
	if !slices.Equal(got, kept) {
		c.t.Errorf("pages have %d tokens, %d were typed and kept", len(got), len(kept))
	}
}

// coverEachOther waits until each page has what any has or was sent, and returns that.
func (c *cluster) coverEachOther(all []*page) (claims []claim) {
	c.t.Helper()
	for _, p := range all {
		var receipts claim
		p.do("receipts", nil, &receipts)
		claims = append(claims, receipts, p.report().Claim)
	}
	for _, p := range all {
		p.do("wait", args{"until": args{"synced": true, "covers": claims}, "deadline": patience.Milliseconds()}, nil)
	}
	return claims
}
