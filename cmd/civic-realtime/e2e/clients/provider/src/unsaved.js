// Unsaved counts the edits that may not be durable yet: those that are not sent, and those that are
// not acknowledged. Acknowledgements count messages, in the order in which they were sent.
export class Unsaved {
  constructor (changed) {
    this.changed = changed
    this.updates = [] // not sent
    this.sent = [] // number of edits in each message that is not acknowledged
    this.messages = 0 // with updates, that were sent over this connection
  }

  get count () { return this.updates.length + this.sent.reduce((sum, edits) => sum + edits, 0) }

  add (update) { this.change(() => this.updates.push(update)) }

  // take returns the updates to be sent, in so many messages as send makes of them.
  take (send) {
    this.change(() => {
      const updates = this.updates.splice(0)
      const messages = send(updates)
      this.messages += messages
      this.sent.push(...Array(messages - 1).fill(0), updates.length)
    })
  }

  // restart is called after the client was sent a document, and has sent what the server lacks of
  // its own, in some messages: all edits are in these. Without any, all is saved. settled is the
  // number of messages over this connection whose acknowledgement came before the document, or will
  // not come; those of the others come before those of the answer. Older servers do not give it.
  restart (messages, settled = this.messages) {
    this.change(() => {
      const edits = this.count
      const before = Array(Math.max(0, this.messages - settled)).fill(0)
      this.updates = []
      this.sent = messages > 0 ? [...before, ...Array(messages - 1).fill(0), Math.max(1, edits)] : before
      this.messages += messages
    })
  }

  // disconnected notes that nothing that was sent will be acknowledged.
  disconnected () { this.messages = 0 }

  acknowledge (messages) { this.change(() => this.sent.splice(0, messages)) }

  change (act) {
    const before = this.count
    act()
    if (this.count !== before) this.changed(this.count)
  }
}
