// Four connections of Hocuspocus' provider, of both versions, with two documents each: they write,
// delete, are cut off, leave documents and come back, and send tokens again, at random. Says
// so when everything is saved, and the same everywhere, after each time that they are left alone.
import * as four from '@hocuspocus/provider'
import * as three from '@hocuspocus/provider-3'
import * as Y from 'yjs'
import WebSocket from 'ws'
import { hocuspocusURL } from './lib/hocuspocus.mjs'
import { Random } from './lib/random.mjs'

const [base, seed, rounds] = process.argv.slice(2)
const random = new Random(Number(seed))
const names = ['restless-1', 'restless-2']

// A connection that is cut off before it is there is an error of ws's, which no provider awaits.
process.on('uncaughtException', err => {
  if (!err.message.includes('closed before the connection')) throw err
})

const connect = lib => {
  const url = hocuspocusURL(base)
  const socket = new lib.HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket, delay: 50, minDelay: 50, maxDelay: 100 })
  return names.map(name => {
    const provider = new lib.HocuspocusProvider({ websocketProvider: socket, name, document: new Y.Doc(), token: null })
    provider.socket = socket
    provider.attach()
    return provider
  })
}

const all = [four, three, four, three].flatMap(connect)
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

const act = provider => {
  const text = provider.document.getText('text')
  switch (random.below(24)) {
    case 0:
      return provider.socket.webSocket?.terminate()
    case 1:
    case 2:
      provider.detach()
      return provider.attach()
    case 3:
      return provider.sendToken()
    case 4:
      text.insert(0, 'L'.repeat(70_000))
      return text.delete(0, 60_000)
    case 5:
    case 6:
    case 7:
    case 8:
      if (text.length > 0) text.delete(random.below(text.length), 1)
      return
    default:
      text.insert(random.below(text.length + 1), 'abcdef'[random.below(6)])
  }
}

const same = name => {
  const texts = all.filter(p => p.configuration.name === name).map(p => p.document.getText('text').toString())
  return texts.every(text => text === texts[0])
}

for (let round = 0; round < Number(rounds); round++) {
  for (let i = 0; i < 100; i++) {
    act(all[random.below(all.length)])
    await pause(random.below(15))
  }
  while (!all.every(p => p.synced && p.unsyncedChanges === 0) || !names.every(same)) await pause(20)
}
console.log('saved and the same')
process.exit()
