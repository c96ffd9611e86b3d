package engine

import (
	"bytes"
	"math"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A y-websocket client of version 4 takes what it is sent for a receipt: each struct and deletion that it has written has
// to come back. What is new in an update comes back with the batch. What is not is sent back to its author alone, when it
// is durable. What it wrote before it came back may be in the room without its having been told, and it alone knows what
// that is: so it is sent the whole document, which all who do so at the same time share.

// maxEchoes is how many bytes of such updates wait for one peer. Of more it is sent what was written since.
const maxEchoes = 64 << 10

// wantsReceipts says whether p came with a document of its own, and is of version 4: that is made for Yjs 14, whose client
// ids are mostly longer than 32 bits. Who is taken for one by mistake is sent more than it needs.
func (p *Peer) wantsReceipts() bool {
	return p.cameBack && p.presence.ClientID() > math.MaxUint32 && !p.proto.Native()
}

// confirm answers p's question once more if it has turned out to want receipts; mu is held.
func (r *room) confirm(p *Peer) {
	if p.wantsReceipts() {
		d := p.owe()
		d.reply, d.have = true, nil
		r.settle(p)
	}
}

// echo has the author of e sent back what was known before. The answer to a question has all deletions that the client
// knows, of which it has been sent those of the room.
func (r *room) echo(e entry, out ydoc.Outcome) {
	if known := out.KnownStructs || out.KnownDeletes && !e.whole; known && !e.peer.proto.Native() {
		e.peer.owe().echo(bytes.Clone(e.update.Bytes()))
		r.settle(e.peer)
	}
}

// echo adds an update, which it keeps.
func (d *debt) echo(update []byte) {
	size := len(update)
	for _, before := range d.echoes {
		size += len(before)
	}
	if d.echoes = append(d.echoes, update); size <= maxEchoes {
		return
	}
	for _, u := range d.echoes {
		d.loseUpdate(yjs.Trust(u))
	}
	d.echoes = nil
}

// onlyEchoes says whether d can be paid only with what is durable by now.
func (d *debt) onlyEchoes() bool {
	return len(d.echoes) > 0 && !d.room && !d.reply && !d.updates && !d.presence && len(d.clients) == 0
}

// payEchoes pays them, or has p owed them for longer.
func (r *room) payEchoes(p *Peer, d *debt, src source, pay func(*parcel)) {
	if src.past && len(d.echoes) > 0 {
		p.owe().echoes = d.echoes
		return
	}
	for _, update := range d.echoes {
		eachPart(update, p.proto, func(part []byte) {
			pay(seal(answer, p.proto, protocol.Message{Kind: protocol.Update, Body: part, Version: src.version}))
		})
	}
}
