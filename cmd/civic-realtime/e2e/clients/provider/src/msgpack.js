// civicpress.v1.msgpack: binary frames, each an array of a kind and its fields, except an update,
// which is a byte string, alone or before its version.
import { decode, encode } from '@msgpack/msgpack'

const kinds = { request: 0, reply: 1, awareness: 2, cursor: 3, joined: 4, left: 5, room_state: 6, ack: 7, error: 8, notice: 9, revoked: 10, auth: 11, ping: 12, pong: 13, signal: 14, kick: 15, lock: 16, unlock: 17, access: 18 }

const user = ([id, name, color]) => ({ id, name, color })

// The JSON form of each kind of message from the server.
const readers = {
  [kinds.reply]: (update, version) => ({ type: 'sync', event: 'reply', update, version }),
  [kinds.awareness]: (awareness, id) => ({ type: 'presence', event: 'awareness', awareness, user: { id } }),
  [kinds.cursor]: (cursor, id) => ({ type: 'presence', event: 'cursor', cursor: JSON.parse(cursor), user: { id } }),
  [kinds.joined]: (...fields) => ({ type: 'presence', event: 'joined', user: user(fields) }),
  [kinds.left]: id => ({ type: 'presence', event: 'left', user: { id } }),
  [kinds.room_state]: (id, participants, yjsState, version, readOnly, stateVector, more, settled) =>
    ({ type: 'control', event: 'room_state', room: { id, participants: participants.map(user), yjsState, version, readOnly, stateVector, more, settled } }),
  [kinds.access]: readOnly => ({ type: 'control', event: 'access', readOnly }),
  [kinds.ack]: (version, count) => ({ type: 'control', event: 'ack', version, count }),
  [kinds.error]: (code, message) => ({ type: 'control', event: 'error', error: { code, message } }),
  [kinds.notice]: (level, message) => ({ type: 'control', event: 'notice', notice: { level, message } }),
  [kinds.revoked]: reason => ({ type: 'control', event: 'session.revoked', reason }),
  [kinds.auth]: expires => ({ type: 'control', event: 'auth', expires }),
  [kinds.pong]: timestamp => ({ type: 'pong', timestamp }),
  [kinds.signal]: (event, members, id) => ({ ...JSON.parse(members), type: 'presence', event, user: { id } })
}

const presence = ({ event, cursor, awareness, type, ...members }) => {
  switch (event) {
    case 'cursor': return [kinds.cursor, JSON.stringify(cursor)]
    case 'awareness': return [kinds.awareness, awareness]
    case 'joined': return [kinds.joined]
    case 'left': return [kinds.left]
  }
  return [kinds.signal, event, JSON.stringify(members)]
}

// Fields that are left out may be nil.
const control = ({ event, token, user, reason = null, for: seconds = null, notice }) => {
  switch (event) {
    case 'auth': return [kinds.auth, token]
    case 'kick': return [kinds.kick, user.id, reason, seconds]
    case 'lock': return [kinds.lock, reason]
    case 'unlock': return [kinds.unlock]
    case 'notice': return [kinds.notice, notice.level, notice.message]
  }
  throw new Error(`no message ${event}`)
}

const sync = ({ event, update, version, stateVector = null }) =>
  event === 'request' ? [kinds.request, stateVector] : [update, version]

const writers = { sync, presence, control, ping: () => [kinds.ping] }

export const msgpack = {
  subprotocol: 'civicpress.v1.msgpack',

  encode: message => encode(writers[message.type](message)),

  // Later versions may have kinds that this one does not know: their messages are empty.
  decode (data) {
    const message = decode(new Uint8Array(data))
    if (message instanceof Uint8Array) return { type: 'sync', update: message }
    const [kind, ...fields] = message
    if (kind instanceof Uint8Array) return { type: 'sync', update: kind, version: fields[0] }
    return readers[kind]?.(...fields) ?? {}
  }
}
