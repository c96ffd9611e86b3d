// Updates that are cut into other pieces than they came in.
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'

const cutStruct = (struct, length) => {
  if (length < struct.length && struct instanceof Y.Item) struct.content.splice(length)
  struct.length = Math.min(struct.length, length)
  return struct
}

const grouped = structs => {
  const clients = new Map()
  structs.forEach(struct => clients.set(struct.id.client, [...clients.get(struct.id.client) ?? [], struct]))
  return clients
}

const startsWithPair = content => content instanceof Y.ContentString && /^[\ud800-\udbff][\udc00-\udfff]/.test(content.str)

const splitOff = ({ id, rightOrigin, parent, parentSub, content }, n) => new Y.Item(Y.createID(id.client, id.clock + n),
  null, Y.createID(id.client, id.clock + n - 1), null, rightOrigin, parent, parentSub, content.splice(n))

// A hostile tombstone may have any length.
const canShred = (struct, n) => struct instanceof Y.Item && n < struct.length && struct.length < 1000

const shreds = struct => {
  const n = startsWithPair(struct.content) ? 2 : 1
  return canShred(struct, n) ? [struct, ...shreds(splitOff(struct, n))] : [struct]
}

const write = ({ structs, ds }) => {
  const clients = grouped(structs)
  const encoder = new Y.UpdateEncoderV1()
  encoding.writeVarUint(encoder.restEncoder, clients.size)
  clients.forEach(list => writeStructs(encoder, list))
  writeDeletes(encoder, ds)
  return encoder.toUint8Array()
}

/** Returns an update with a struct for every unit; surrogate pairs stay whole. */
export const shredded = update => {
  const { structs, ds } = Y.decodeUpdate(update)
  return write({ structs: structs.flatMap(shreds), ds })
}

const ids = struct => [struct.origin, struct.rightOrigin, struct.parent].filter(id => id instanceof Y.ID)

const inOrder = structs => {
  const [queues, state, out] = [[...grouped(structs).values()], new Map(), []]
  const ready = struct => ids(struct).every(id => id.clock < (state.get(id.client) ?? 0))
  for (let before = -1; before < out.length;) {
    before = out.length
    for (const queue of queues) {
      for (; queue.length > 0 && ready(queue[0]); out.push(queue.shift())) state.set(queue[0].id.client, queue[0].id.clock + queue[0].length)
    }
  }
  return out
}

/**
 * Splits a document's update into one for each struct, in an order in which each refers only to those before it, and
 * one for the deletes.
 */
export const stepwise = update => {
  const { structs, ds } = Y.decodeUpdate(update)
  const none = { clients: new Map() }
  return [...inOrder(structs).map(struct => write({ structs: [struct], ds: none })), write({ structs: [], ds })]
}

/** Returns the part of an update below a state vector, the complement of a diff. All deletes stay. */
export const below = (update, have) => {
  const { structs, ds } = Y.decodeUpdate(update)
  const limit = struct => (have.get(struct.id.client) ?? 0) - struct.id.clock
  return write({ structs: structs.filter(struct => limit(struct) > 0).map(struct => cutStruct(struct, limit(struct))), ds })
}

const writeStructs = (encoder, list) => {
  encoding.writeVarUint(encoder.restEncoder, list.length)
  encoder.writeClient(list[0].id.client)
  encoding.writeVarUint(encoder.restEncoder, list[0].id.clock)
  list.forEach(struct => struct.write(encoder, 0))
}

const writeDeletes = (encoder, { clients }) => {
  encoding.writeVarUint(encoder.restEncoder, clients.size)
  clients.forEach((ranges, client) => {
    ;[client, ranges.length].forEach(n => encoding.writeVarUint(encoder.restEncoder, n))
    ranges.flatMap(({ clock, len }) => [clock, len]).forEach(n => encoding.writeVarUint(encoder.restEncoder, n))
  })
}
