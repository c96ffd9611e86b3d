// A server that treats each connection as the name of its room says: it closes it with a code,
// terminates it, refuses its handshake, or is silent. Before a close it makes the client sync if
// the name says so.
import { encode } from '@msgpack/msgpack'
import { createDecoder, readVarString } from 'lib0/decoding'
import { WebSocketServer } from 'ws'

// The messages by which a client has received an empty document.
const documents = {
  yWebsocket: Uint8Array.of(0, 1, 2, 0, 0), // step 2
  json: '{"type":"control","event":"room_state","room":{"id":"record:r","participants":[],"yjsState":"AAA=","version":0,"readOnly":false}}',
  msgpack: encode([6, 'record:r', [], Uint8Array.of(0, 0), 0, false, null, 0])
}

const actions = {
  close: (ws, code, synced, protocol = 'yWebsocket') => {
    if (synced) ws.send(documents[protocol])
    ws.close(Number(code), 'as asked')
  },
  break: ws => ws.terminate(),
  silence: () => {}
}

// startCloser resolves to the URL of the rooms: close-<code>, close-<code>-synced,
// close-<code>-synced-json, break, silence, refuse. A client of Hocuspocus names its room, which is
// close-<code>, in its first message.
export const startCloser = () => new Promise(resolve => {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: offered => [...offered][0],
    verifyClient: ({ req }) => !req.url.includes('refuse')
  })
  const act = (ws, room) => {
    const [action, ...rest] = room.split('-')
    actions[action](ws, ...rest)
  }
  server.on('connection', (ws, { url }) => {
    const room = url.slice(1).split('?')[0]
    if (room === 'hocuspocus') ws.once('message', message => act(ws, readVarString(createDecoder(message))))
    else act(ws, room)
  })
  server.on('listening', () => resolve(`ws://127.0.0.1:${server.address().port}`))
})
