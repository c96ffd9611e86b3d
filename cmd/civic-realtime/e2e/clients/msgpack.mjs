// civicpress.v1.msgpack: binary frames, each an array of a kind and its fields, except an update,
// which is a byte string, alone or before its version.
import { decode, encode } from '@msgpack/msgpack'
import { Client } from './client.mjs'

const kinds = { request: 0, reply: 1, awareness: 2, cursor: 3, joined: 4, left: 5, room_state: 6, ack: 7, error: 8, notice: 9, revoked: 10, auth: 11, ping: 12, pong: 13, kick: 15, lock: 16, unlock: 17 }

const user = ([id, name, color]) => ({ id, name, color })

// The JSON form of each kind of message from the server.
const readers = {
  [kinds.reply]: (update, version) => ({ type: 'sync', event: 'reply', update, version }),
  [kinds.awareness]: (awareness, id) => ({ type: 'presence', event: 'awareness', awareness, user: { id } }),
  [kinds.cursor]: (cursor, id) => ({ type: 'presence', event: 'cursor', cursor: JSON.parse(cursor), user: { id } }),
  [kinds.joined]: (...fields) => ({ type: 'presence', event: 'joined', user: user(fields) }),
  [kinds.left]: id => ({ type: 'presence', event: 'left', user: { id } }),
  [kinds.room_state]: (id, participants, yjsState, version, readOnly, stateVector, more) =>
    ({ type: 'control', event: 'room_state', room: { id, participants: participants.map(user), yjsState, version, readOnly, stateVector, more } }),
  [kinds.ack]: (version, count) => ({ type: 'control', event: 'ack', version, count }),
  [kinds.error]: (code, message) => ({ type: 'control', event: 'error', error: { code, message } }),
  [kinds.notice]: (level, message) => ({ type: 'control', event: 'notice', notice: { level, message } }),
  [kinds.revoked]: reason => ({ type: 'control', event: 'session.revoked', reason }),
  [kinds.auth]: expires => ({ type: 'control', event: 'auth', expires }),
  [kinds.pong]: timestamp => ({ type: 'pong', timestamp })
}

// encodeSteering encodes the messages of administrators. Fields that are left out may be nil.
const encodeSteering = (event, { user, reason = null, for: seconds = null, notice }) => {
  switch (event) {
    case 'kick': return encode([kinds.kick, user.id, reason, seconds])
    case 'lock': return encode([kinds.lock, reason])
    case 'unlock': return encode([kinds.unlock])
    case 'notice': return encode([kinds.notice, notice.level, notice.message])
  }
}

export class MsgPackClient extends Client {
  constructor (url, record, doc, options) {
    super(url, record, doc, { ...options, protocol: 'civicpress.v1.msgpack' })
  }

  encode ({ type, event, update, version, stateVector, cursor, awareness, token, ...steering }) {
    switch (event ?? type) {
      case 'sync': return encode([update, version])
      case 'request': return encode([kinds.request, stateVector])
      case 'cursor': return encode([kinds.cursor, JSON.stringify(cursor)])
      case 'awareness': return encode([kinds.awareness, awareness])
      case 'auth': return encode([kinds.auth, token])
      case 'ping': return encode([kinds.ping])
    }
    return encodeSteering(event, steering)
  }

  decode (data) {
    const message = decode(new Uint8Array(data))
    if (message instanceof Uint8Array) return { type: 'sync', update: message }
    const [kind, ...fields] = message
    if (kind instanceof Uint8Array) return { type: 'sync', update: kind, version: fields[0] }
    return readers[kind]?.(...fields) ?? {}
  }
}
