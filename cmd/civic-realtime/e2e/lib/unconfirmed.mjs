// The structs and deletions that a document of Yjs 14 got from its user, or from another provider,
// and that the server has not sent back yet. A client is in sync ("green") when there are none. The
// next release of @y/websocket counts in the same way.
import * as Y from '@y/y'

export class Unconfirmed {
  constructor (doc, provider) {
    this.ids = Y.createContentIds()
    doc.on('update', (update, origin) => {
      if (origin !== provider) this.ids = Y.mergeContentIds([this.ids, Y.createContentIdsFromUpdate(update)])
    })
  }

  // received processes an update from the server.
  received (update) {
    this.ids = Y.excludeContentIds(this.ids, Y.createContentIdsFromUpdate(update))
  }

  get isEmpty () { return this.ids.inserts.isEmpty() && this.ids.deletes.isEmpty() }
}
