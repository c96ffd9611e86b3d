// A page that uses everything that the package declares. The compiler checks it, and nothing runs it.
import { isFinal, Provider, split, type ProviderOptions, type StatusEvent, type User } from '@civic-realtime/provider'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'

const doc = new Y.Doc()
const options: ProviderOptions[] = [
  {},
  { token: 'a token', protocol: 'json', awareness: null, connect: false, maxBackoffTime: 1000, jitter: 0 },
  { token: () => 'a token', awareness: new Awareness(doc) },
  { token: async () => ({ token: 'a token', expires: Date.now() + 1000 }), protocol: 'msgpack', WebSocketPolyfill: WebSocket }
]

const provider = new Provider('wss://docs.example.org/realtime/records', 'my-record', doc, options[3])
provider.on('status', ({ status, code = 0 }: StatusEvent) => console.log(status === 'connected', code))
provider.on('sync', synced => console.log(!synced))
provider.on('synced', synced => console.log(!synced))
provider.on('unsaved', count => console.log(count + 1))
provider.on('error', ({ code, message }) => console.log(code.length, message.length))
provider.on('notice', ({ level, message }) => console.log(level === 'warning', message.length))
provider.on('users', users => users.forEach((user: User) => console.log(user.name, user.color, user.cursor)))
provider.on('readonly', readOnly => console.log(!readOnly))
provider.on('token', ({ expires }) => console.log(expires === null ? 'for ever' : expires + 1))
provider.on('signal', ({ event, user, ...members }) => console.log(event, user.id, members))
provider.on('closed', ({ code, reason }) => console.log(isFinal(code), reason))
provider.on('connection-error', error => console.log(error))
provider.awareness?.setLocalStateField('user', { name: 'Ann' })
provider.token = async () => 'another'
provider.renew('another')
provider.cursor({ position: 1 })
provider.signal('typing', { in: 'title' })
provider.kick('u1', { reason: 'spam', seconds: 60 })
provider.lock('vote')
provider.unlock()
provider.notify('Break', 'info')
const parts: Uint8Array[] = split(Y.encodeStateAsUpdate(doc), 1 << 16)
console.log(parts.length, provider.unsaved > 0, provider.readOnly, provider.synced, provider.connected, provider.connecting, provider.version)
provider.connect()
provider.disconnect()
provider.destroy()

// @ts-expect-error There is no such protocol.
new Provider('ws://localhost', 'r', doc, { protocol: 'xml' })
// @ts-expect-error There is no such event.
provider.on('saved', () => {})
// @ts-expect-error The server counts.
provider.unsaved = 0
