package engine

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// A y-websocket client of version 4 takes what it is sent for a receipt: each struct and deletion that it has written has
// to come back. What is new in an update comes back with the batch. What is not is sent back to its author alone, when it
// is durable; and an answer to a SyncRequest names all that the client has and the room too (ydoc.Doc.AppendAnswer).

// maxEchoes is how many bytes of such updates wait for one peer. Of more it is sent what was written since.
const maxEchoes = 64 << 10

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
		d.loseUpdate(codec.Trust(u))
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
			pay(seal(answer, p.proto, codec.Message{Kind: codec.Update, Body: part, Version: src.version}))
		})
	}
}
