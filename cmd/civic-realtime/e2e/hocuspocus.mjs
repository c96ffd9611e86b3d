// Connects the provider of Hocuspocus, which speaks another protocol, and prints how its first
// connection is closed.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import WebSocket from 'ws'

const [url, name, token] = process.argv.slice(2)
const socket = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket })
const provider = new HocuspocusProvider({
  websocketProvider: socket,
  name,
  token: token || null,
  onClose ({ event }) {
    console.log(JSON.stringify({ code: event.code, reason: String(event.reason) }))
    process.exit()
  }
})
provider.attach()
