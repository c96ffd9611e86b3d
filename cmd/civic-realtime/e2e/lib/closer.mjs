// A server that does to each connection what the name of the room says: closes it with a code, breaks it, refuses its
// handshake, or says nothing. Before it closes one, it lets the client sync where the name asks for that.
import { encode } from '@msgpack/msgpack'
import { WebSocketServer } from 'ws'

// The messages with which a client has an empty document.
const documents = {
  yWebsocket: Uint8Array.of(0, 1, 2, 0, 0), // step 2
  json: '{"type":"control","event":"room_state","room":{"id":"record:r","participants":[],"yjsState":"AAA=","version":0,"readOnly":false}}',
  msgpack: encode([6, 'record:r', [], Uint8Array.of(0, 0), 0, false, null, 0])
}

const doings = {
  close: (ws, code, synced, protocol = 'yWebsocket') => {
    if (synced) ws.send(documents[protocol])
    ws.close(Number(code), 'as asked')
  },
  break: ws => ws.terminate(),
  silence: () => {}
}

// startCloser resolves to the URL that rooms are under: close-<code>, close-<code>-synced, close-<code>-synced-json, break, silence, refuse.
export const startCloser = () => new Promise(resolve => {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: offered => [...offered][0],
    verifyClient: ({ req }) => !req.url.includes('refuse')
  })
  server.on('connection', (ws, { url }) => {
    const [doing, ...rest] = url.slice(1).split('?')[0].split('-')
    doings[doing](ws, ...rest)
  })
  server.on('listening', () => resolve(`ws://127.0.0.1:${server.address().port}`))
})
