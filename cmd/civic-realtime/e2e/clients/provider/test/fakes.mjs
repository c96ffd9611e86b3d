// A server of the test: sockets that do what the test says, and remember what was sent.
import * as Y from 'yjs'
import { json } from '../src/json.js'

export class Server {
  constructor () {
    this.sockets = []
    const server = this
    this.WebSocket = class {
      constructor (url, protocols) {
        Object.assign(this, { url, protocols, readyState: 0, sent: [] })
        server.sockets.push(this)
      }

      send (text) { this.sent.push(json.decode(text)) }

      close () { this.readyState = 3 }

      // What the server does.
      open () {
        this.readyState = 1
        this.onopen()
      }

      say (message) { this.onmessage({ data: json.encode(message) }) }

      welcome ({ doc = new Y.Doc(), ...room } = {}) {
        this.say({
          type: 'control',
          event: 'room_state',
          room: { id: 'record:r', participants: [], yjsState: Y.encodeStateAsUpdate(doc), version: 1, readOnly: false, stateVector: Y.encodeStateVector(doc), ...room }
        })
      }

      end (code, reason = '') {
        this.readyState = 3
        this.onclose({ code, reason })
      }

      get token () { return this.protocols.find(name => name.startsWith('auth.'))?.slice('auth.'.length) }

      ofType (type, event) { return this.sent.filter(message => message.type === type && message.event === event) }
    }
  }

  get last () { return this.sockets.at(-1) }
}

// settled lets everything run that only waits for promises.
export const settled = async () => { for (let i = 0; i < 20; i++) await null }
