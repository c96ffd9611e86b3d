// Long updates are split into updates that are each valid alone and refer only to earlier ones.
import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

// split returns the parts of an update, each of about max bytes at most, but for a struct that is
// longer by itself. What the update refers to and does not have must be known to the receiver.
export const split = (update, max) => {
  if (update.length <= max) return [update]
  const { structs, ds } = Y.decodeUpdate(update)
  return [...structParts(inOrder(structs), max), ...deletionParts(ds, max)]
}

// inOrder returns the structs so that each comes after those that it refers to.
const inOrder = structs => {
  const queues = new Map() // by client: structs and the index of the next
  for (const struct of structs) {
    const queue = queues.get(struct.id.client) ?? { structs: [], next: 0 }
    queues.set(struct.id.client, queue)
    queue.structs.push(struct)
  }
  const waits = id => {
    const queue = id && queues.get(id.client)
    if (!queue || queue.next === queue.structs.length) return false
    const last = queue.structs.at(-1)
    return id.clock >= queue.structs[queue.next].id.clock && id.clock < last.id.clock + last.length
  }
  const ordered = []
  for (const first of queues.keys()) {
    for (const stack = [first]; stack.length > 0;) {
      const client = stack.at(-1)
      const queue = queues.get(client)
      const struct = queue.structs[queue.next]
      const missing = struct && references(struct).find(id => id.client !== client && waits(id))
      if (missing) {
        stack.push(missing.client)
        continue
      }
      if (struct) {
        ordered.push(struct)
        queue.next++
      }
      // A client that another one waited for is done up to what that needs; the rest comes in its turn.
      if (!struct || stack.length > 1) stack.pop()
    }
  }
  return ordered
}

// references lists the ids of other structs that a struct needs. Only items have any.
const references = ({ origin, rightOrigin, parent }) => [origin, rightOrigin, parent instanceof Y.ID ? parent : null].filter(id => id)

const encodeStruct = struct => {
  const encoder = new Y.UpdateEncoderV1()
  struct.write(encoder, 0)
  return encoding.toUint8Array(encoder.restEncoder)
}

const structParts = (structs, max) => {
  const parts = []
  let runs = new Map() // by client: the structs of the part
  let size = 0
  const end = () => {
    if (runs.size > 0) parts.push(encodePart(runs))
    runs = new Map()
    size = 0
  }
  for (const struct of structs) {
    const bytes = encodeStruct(struct)
    if (size > 0 && size + bytes.length > max) end()
    const run = runs.get(struct.id.client) ?? { clock: struct.id.clock, structs: [] }
    runs.set(struct.id.client, run)
    run.structs.push(bytes)
    size += bytes.length
  }
  end()
  return parts
}

const encodePart = runs => encoding.encode(encoder => {
  encoding.writeVarUint(encoder, runs.size)
  for (const [client, { clock, structs }] of runs) {
    for (const number of [structs.length, client, clock]) encoding.writeVarUint(encoder, number)
    for (const bytes of structs) encoding.writeUint8Array(encoder, bytes)
  }
  encoding.writeVarUint(encoder, 0) // no deletions
})

// The longest range takes two numbers, of 8 bytes each.
const rangeBytes = 16

const deletionParts = ({ clients }, max) => {
  const ranges = [...clients].flatMap(([client, ranges]) => ranges.map(range => ({ client, range })))
  const perPart = Math.max(1, Math.floor(max / rangeBytes))
  const parts = []
  for (let i = 0; i < ranges.length; i += perPart) parts.push(encodeDeletions(ranges.slice(i, i + perPart)))
  return parts
}

const encodeDeletions = ranges => encoding.encode(encoder => {
  const clients = new Map()
  for (const { client, range } of ranges) {
    if (clients.has(client)) clients.get(client).push(range)
    else clients.set(client, [range])
  }
  encoding.writeVarUint(encoder, 0) // no structs
  encoding.writeVarUint(encoder, clients.size)
  for (const [client, ranges] of clients) {
    for (const number of [client, ranges.length]) encoding.writeVarUint(encoder, number)
    for (const { clock, len } of ranges) for (const number of [clock, len]) encoding.writeVarUint(encoder, number)
  }
})
