// The state of a receiver: clocks of each client, and deleted ranges. It fails for an update that repeats
// something.
import * as Y from 'yjs'
import { demand } from './rules.mjs'

const end = struct => struct.id.clock + struct.length

const isTombstone = struct => struct instanceof Y.GC || struct.content instanceof Y.ContentDeleted

export class Known {
  /** @param {Map<number, number>} vector the clocks known at the start */
  constructor (vector = new Map()) {
    this.vector = new Map(vector)
    this.deleted = new Map()
  }

  state (client) { return this.vector.get(client) ?? 0 }

  follow (struct, rule) {
    const { client, clock } = struct.id
    demand(!(struct instanceof Y.Skip), rule, () => `skips ${client}:${clock}`)
    demand(clock === this.state(client), rule, () => `has ${client}:${clock} where ${this.state(client)} comes next`)
    this.vector.set(client, end(struct))
  }

  /** Returns a range that is known to be deleted and overlaps the given one, if there is one. */
  deletedRange (client, clock, end) {
    return this.deleted.get(client)?.find(range => range.clock < end && clock < range.end)
  }

  remove (client, clock, length, how) {
    this.deleted.set(client, [...this.deleted.get(client) ?? [], { clock, end: clock + length, how }])
  }

  /**
   * Adds updates, which together must have nothing that is known. Their delete sets may have the ranges of their
   * tombstones.
   */
  learn (updates) {
    const tombstones = updates.flatMap(update => this.learnPart(update)).filter(isTombstone)
    tombstones.forEach(({ id, length }) => this.remove(id.client, id.clock, length, 'as a tombstone'))
  }

  learnPart (update) {
    const { structs, ds } = Y.decodeUpdate(update)
    structs.forEach(struct => this.follow(struct, 'changes: structs'))
    ds.clients.forEach((ranges, client) => ranges.forEach(range => this.learnDelete(client, range)))
    const empty = structs.length === 0 && ds.clients.size === 0
    demand(!empty, 'changes: empty', () => 'an update without anything in it')
    return structs
  }

  learnDelete (client, { clock, len }) {
    demand(clock + len <= this.state(client), 'changes: deletes', () => `deletes ${client}:${clock}+${len} of ${this.state(client)}`)
    const known = this.deletedRange(client, clock, clock + len)
    demand(known === undefined, `changes: deletes ${known?.how}`, () => `deletes ${client}:${clock}+${len} again`)
    this.remove(client, clock, len, 'in a delete set')
  }

  /** Requires that update has exactly the structs that doc has beyond this state. */
  covers (update, doc, rule) {
    Y.decodeUpdate(update).structs.forEach(struct => this.follow(struct, `${rule}: structs`))
    Y.decodeStateVector(Y.encodeStateVector(doc)).forEach((clock, client) => {
      demand(this.state(client) >= clock, `${rule}: structs`, () => `${client} ends at ${this.state(client)} of ${clock}`)
    })
  }
}
