// The content that the server has sent to one client: the ranges of the updates it received, by
// others or as echoes of its own. The server must not lose any of it.
import * as Y from 'yjs'
import { deletedRanges, joined } from './state.mjs'

export class Receipts {
  constructor () {
    this.clocks = {}
    this.deleted = {}
  }

  add (update) {
    const { structs, ds } = Y.decodeUpdate(update)
    for (const struct of structs) {
      if (struct instanceof Y.Skip) continue
      const { client, clock } = struct.id
      this.clocks[client] = Math.max(this.clocks[client] ?? 0, clock + struct.length)
    }
    for (const [id, ranges] of Object.entries(deletedRanges(ds))) {
      this.deleted[id] = joined([...(this.deleted[id] ?? []), ...ranges])
    }
  }

  claim () {
    return { clocks: this.clocks, deleted: this.deleted }
  }
}
