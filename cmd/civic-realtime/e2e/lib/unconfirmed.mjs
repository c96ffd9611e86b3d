// What a document of Yjs 14 has been given to write, by its user or by another provider, and the server has not sent back
// yet: each struct and each deletion of it. A client is in sync ("green") when there is nothing of that. The next release of
// @y/websocket counts so itself.
import * as Y from '@y/y'

export class Unconfirmed {
  constructor (doc, provider) {
    this.ids = Y.createContentIds()
    doc.on('update', (update, origin) => {
      if (origin !== provider) this.ids = Y.mergeContentIds([this.ids, Y.createContentIdsFromUpdate(update)])
    })
  }

  // received takes what the server sends.
  received (update) {
    this.ids = Y.excludeContentIds(this.ids, Y.createContentIdsFromUpdate(update))
  }

  get isEmpty () { return this.ids.inserts.isEmpty() && this.ids.deletes.isEmpty() }
}
