// A Link connects a document by a protocol. Both kinds have the same members:
//
//   state    connecting, synced, offline (cut off), waiting (to connect again) or closed
//   closed   {code, reason} of the last close by the other side; null: none
//   edits    how many edits of this document wait: to be sent, or to be stored
//   changed  called after each change of these
import { Provider } from '@civic-realtime/provider'
import { WebsocketProvider } from 'y-websocket'

class Link {
  constructor () { Object.assign(this, { state: 'connecting', closed: null, edits: 0, changed: () => {} }) }

  get awareness () { return this.provider.awareness }

  set (members) {
    Object.assign(this, members)
    this.changed()
  }

  // cutOff closes the socket, and stays away until join.
  cutOff () {
    this.provider.disconnect()
    this.set({ state: 'offline', closed: null })
  }

  join () {
    this.set({ state: 'connecting', closed: null })
    this.provider.connect()
  }

  onSync (synced) { if (synced) this.set({ state: 'synced', closed: null }) }

  // onEnd takes the end of a connection, or of an attempt. The provider tries again by itself.
  onEnd (close) {
    if (this.state === 'offline' || this.state === 'closed') return
    this.set({ state: 'waiting', closed: close?.code ? { code: close.code, reason: close.reason } : this.closed })
  }

  onFinalClose ({ code, reason }) { this.set({ state: 'closed', closed: { code, reason } }) }
}

export class YWebsocketLink extends Link {
  constructor (url, name, doc, WebSocketPolyfill) {
    super()
    // Named, as a page that is busy when it opens may be taken for a client that waits (docs/protocol.md).
    const protocols = ['y-websocket']
    this.provider = new WebsocketProvider(url, encodeURIComponent(name), doc, { disableBc: true, protocols, WebSocketPolyfill })
    this.provider.on('connection-close', event => this.onEnd(event))
    this.provider.on('closed', event => this.onFinalClose(event))
    this.provider.on('sync', synced => {
      if (synced) this.edits = 0 // the answer to the server's state has them all
      this.onSync(synced)
    })
    doc.on('update', (update, origin) => {
      if (origin !== this.provider && !this.provider.synced) this.set({ edits: this.edits + 1 })
    })
  }
}

export class JSONLink extends Link {
  constructor (url, name, doc, WebSocketPolyfill) {
    super()
    this.provider = new Provider(url, name, doc, { protocol: 'json', WebSocketPolyfill })
    this.provider.on('status', event => { if (event.status === 'disconnected') this.onEnd(event) })
    this.provider.on('closed', event => this.onFinalClose(event))
    this.provider.on('sync', synced => this.onSync(synced))
    this.provider.on('unsaved', edits => this.set({ edits }))
  }
}
