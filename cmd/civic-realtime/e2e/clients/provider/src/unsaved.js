// Unsaved counts the edits that may not be durable yet: those that are not sent, and those that are
// not acknowledged. Acknowledgements count messages, in the order in which they were sent.
export class Unsaved {
  constructor (changed) {
    this.changed = changed
    this.updates = [] // not sent
    this.sent = [] // number of edits in each message that is not acknowledged
  }

  get count () { return this.updates.length + this.sent.reduce((sum, edits) => sum + edits, 0) }

  add (update) { this.change(() => this.updates.push(update)) }

  // take returns the updates to be sent, in so many messages as send makes of them.
  take (send) {
    this.change(() => {
      const updates = this.updates.splice(0)
      const messages = send(updates)
      this.sent.push(...Array(messages - 1).fill(0), updates.length)
    })
  }

  // restart forgets what was sent before a document of the server, of which the client now sends
  // what it lacks, in some messages. Without any, all is saved.
  restart (messages) {
    this.change(() => {
      const edits = this.count
      this.updates = []
      this.sent = messages > 0 ? [...Array(messages - 1).fill(0), Math.max(1, edits)] : []
    })
  }

  acknowledge (messages) { this.change(() => this.sent.splice(0, messages)) }

  change (act) {
    const before = this.count
    act()
    if (this.count !== before) this.changed(this.count)
  }
}
