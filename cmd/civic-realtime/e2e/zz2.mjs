import { Session } from './lib/session.mjs'
const url = process.argv[2]
const sleep = ms => new Promise(r => setTimeout(r, ms))
const room = 'r' + Math.random()
const bob = new Session({ url, room, version: 'msgpack', params: { token: process.argv[4] } }); await bob.waiters.until({ synced: true }, 5000)
const one = new Session({ url, room, version: 'provider-json', params: { token: process.argv[3] } })
await one.waiters.until({ synced: true }, 5000)
const two = new Session({ url, room, version: 'provider-json', params: { token: process.argv[3] } })
const w = new Session({ url, room, version: 3, params: { token: process.argv[3] } })
const t0 = Date.now()
const rec = (s, n) => { s.provider.connection.on('message', m => { if (['awareness','cursor','joined'].includes(m.event)) console.log(Date.now()-t0, n, m.event, m.awareness ? Buffer.from(m.awareness).toString('latin1').slice(0,80) : '') }); const send = s.provider.send.bind(s.provider); s.provider.send = m => { if (m.type==='presence') console.log(Date.now()-t0, n+' sends', m.event, m.awareness ? Buffer.from(m.awareness).toString('latin1').slice(0,60) : ''); send(m) } }
rec(one, 'one'); rec(two, 'two')
await two.waiters.until({ synced: true }, 5000)
one.point(1)
for (let i = 0; i < 9; i++) { await sleep(5000); console.log(Date.now()-t0, 'one', one.carets(), 'two', two.carets(), 'w', w.carets()) }
process.exit(0)
