// Hand-made messages and updates (Yjs V1), which the libraries would refuse to write.
import * as encoding from 'lib0/encoding'

const write = fill => {
  const encoder = encoding.createEncoder()
  fill(encoder)
  return encoding.toUint8Array(encoder)
}

export const varUint = (...numbers) => write(e => numbers.forEach(n => encoding.writeVarUint(e, n)))

export const withString = text => write(e => encoding.writeVarString(e, text))

// block returns bytes preceded by their length.
export const block = bytes => write(e => encoding.writeVarUint8Array(e, bytes))

export const join = (...parts) => new Uint8Array(Buffer.concat(parts))

// encode returns a message of the given kind with one block in it.
export const encode = (kind, body) => join(varUint(kind), block(body))

export const sync = (kind, body) => join(varUint(0, kind), block(body))

// awareness takes [client, clock, JSON] entries.
export const awareness = entries => encode(1, write(e => {
  encoding.writeVarUint(e, entries.length)
  for (const [client, clock, state] of entries) {
    encoding.writeVarUint(e, client)
    encoding.writeVarUint(e, clock)
    encoding.writeVarString(e, state)
  }
}))

// item returns one struct with content number ref, without origins, as a child of the root type
// `text`.
export const item = (body, ref = 4, root = withString('text')) => join(Uint8Array.of(ref, 1), root, body)

// structs returns an update with one client's structs, whose header says that there are count, and
// no deletions.
export const structs = (client, clock, count, list) => join(varUint(1, count, client, clock), ...list, varUint(0))

export const update = (list, client = 4242) => structs(client, 0, list.length, list)

// deletes returns an update that deletes one range of one client.
export const deletes = (client, clock, length) => varUint(0, 1, client, 1, clock, length)
