// Hocuspocus' real provider, in the form of y-websocket's: one document on a connection of its own.
import * as four from '@hocuspocus/provider'
import * as three from '@hocuspocus/provider-3'

class HocuspocusClient {
  // url is that of y-websocket's providers. token may be a list: each time that the provider needs
  // one it takes the next, and the last more than once.
  constructor (lib, url, room, doc, { params = {}, token, maxBackoffTime, WebSocketPolyfill, sessionAwareness }) {
    this.doc = doc
    this.params = { token, ...params }
    const delays = maxBackoffTime === undefined ? {} : { delay: maxBackoffTime / 4, minDelay: maxBackoffTime / 4, maxDelay: maxBackoffTime }
    this.socket = new lib.HocuspocusProviderWebsocket({ url: hocuspocusURL(url), WebSocketPolyfill, ...delays })
    this.denials = []
    this.scopes = []
    this.ends = [] // reasons of the document's ends
    this.counts = [] // of changes that are not saved
    this.provider = new lib.HocuspocusProvider({
      websocketProvider: this.socket,
      name: room,
      document: doc,
      token: () => this.nextToken(),
      sessionAwareness,
      onAuthenticated: ({ scope }) => this.scopes.push(scope ?? this.provider.authorizedScope),
      onAuthenticationFailed: ({ reason }) => this.denials.push(reason),
      onUnsyncedChanges: () => this.counts.push(this.provider.unsyncedChanges)
    })
    this.provider.on('close', ({ event }) => { if (event.code === 1000) this.ends.push(event.reason) })
    this.provider.attach()
  }

  nextToken () {
    const { token } = this.params
    if (!Array.isArray(token)) return token ?? null
    return token.length > 1 ? token.shift() : token[0]
  }

  get awareness () { return this.provider.awareness }

  get synced () { return this.provider.synced }

  get unsaved () { return this.provider.unsyncedChanges }

  get ws () { return this.socket.webSocket }

  // The provider counts as connected from the first message on.
  get wsconnected () { return this.socket.status === 'connected' && this.socket.lastMessageReceived > 0 }

  get wsconnecting () { return !this.wsconnected && this.socket.shouldConnect }

  on (event, f) {
    switch (event) {
      case 'sync':
        for (const name of ['synced', 'unsyncedChanges', 'authenticated', 'authenticationFailed', 'stateless', 'close']) this.provider.on(name, f)
        break
      case 'status':
        this.socket.on('connect', () => f({ status: 'connected' }))
        this.socket.on('disconnect', () => f({ status: 'disconnected' }))
    }
  }

  connect () { this.socket.connect() }

  disconnect () { this.socket.disconnect() }

  renew (token) {
    this.params.token = token
    return this.provider.sendToken()
  }

  destroy () {
    this.provider.destroy()
    this.socket.destroy()
  }
}

export class Hocuspocus3 extends HocuspocusClient {
  constructor (...args) { super(three, ...args) }
}

export class Hocuspocus4 extends HocuspocusClient {
  constructor (...args) { super(four, ...args) }
}

export const isHocuspocus = version => String(version).startsWith('hocuspocus')

// hocuspocusURL returns the URL of the protocol on the server of another URL.
export const hocuspocusURL = url => new URL('/hocuspocus', url).href
