// One real client, controlled by the tests; lib/driven.mjs describes how.
import { createVersioningEndpoints } from './clients/blocknote-versions/index.js'
import { complaints, serve } from './lib/driven.mjs'
import { oneOfEach, randomEdit } from './lib/edits.mjs'
import { Random } from './lib/random.mjs'
import { assign, dropPicture, fillInPieces, nest, pastePicture, unnest } from './lib/large.mjs'
import { attack, attackNames, Listener } from './lib/raw.mjs'
import { giveState, stateOf } from './lib/providers.mjs'
import { Session } from './lib/session.mjs'
import { missing, report } from './lib/state.mjs'
import { ParagraphTypist, replay, TokenTypist, typeSteadily } from './lib/typing.mjs'

let session = null
let tab = null
let typist = null
let listener = null
let moving = false
let versions = null

const problems = complaints(() => session?.waiters.poke())

export const theSession = () => session

export const commands = {
  // open replaces the session by one with an empty document.
  async open (options) {
    session?.destroy()
    const checked = options.version === 'json' ? new (await import('./lib/schema.mjs')).Checked() : null
    session = new Session({ ...options, problems, checked })
    if (options.kept) giveState(session.provider.doc, Buffer.from(options.kept, 'hex'))
    return { client: session.provider.doc.clientID }
  },
  wait: ({ until, deadline }) => session.waiters.until(until, deadline),
  status: () => ({ ...session.status(), problems }),
  report: () => report(session.doc),
  receipts: () => session.receipts.claim(),
  missing: ({ claims }) => claims.flatMap(claim => missing(session.doc, claim)),

  // hold resolves after ms, and fails if the connection ends before.
  hold: ({ ms }) => Promise.race([
    new Promise(resolve => setTimeout(resolve, ms)),
    session.waiters.until({ closes: session.closes.length + 1 }, ms * 2).then(() => { throw new Error('connection closed') })
  ]),

  // tab opens the same room in a second tab of the browser; closeTab closes that tab as its caret
  // moves. stall delays everything that the first tab sends until flow.
  async tab ({ state, ...options }) {
    tab = new Session({ ...options, problems, tabs: true })
    await tab.waiters.until({ synced: true }, 60_000)
    tab.provider.awareness.setLocalState(state)
  },
  closeTab: ({ state }) => tab.vanish(state),
  stall: () => { session.socket._socket.cork() },
  flow: () => { session.socket._socket.uncork() },

  disconnect: () => session.provider.disconnect(),
  reconnect: () => session.provider.connect(),
  forget () { problems.length = 0 },
  // raw sends text or hex, a frame that no client would send, several times.
  raw ({ text, hex, times = 1 }) {
    for (let i = 0; i < times; i++) session.raw(text ?? Buffer.from(hex, 'hex'))
  },
  // say sends a message of a native protocol.
  say: ({ message }) => session.provider.send(message),
  // steer calls a method of a native client for administrators.
  steer: ({ method, args = [] }) => session.provider[method](...args),
  point: ({ at }) => session.point(at),
  renew: ({ token }) => session.renew(token),
  // signIn makes the client use another token from its next connection on.
  signIn: ({ token }) => session.signIn(token),

  // A paused client reads nothing that the server sends.
  pause: () => session.provider.ws.pause(),
  resume: () => session.provider.ws.resume(),
  // mute drops everything that the server sends over this connection from now on; drop ends the
  // connection as a failing network does.
  mute () { session.socket.mute = true },
  unmute () { session.socket.mute = false },
  drop: () => session.socket.terminate(),
  presence: ({ state }) => session.provider.awareness.setLocalState(state),

  // move changes the presence every few milliseconds, as a moving caret does, until halt. It
  // returns the last name.
  async move ({ name }) {
    let moves = 0
    for (moving = true; moving; await new Promise(resolve => setTimeout(resolve, 3))) {
      session.provider.awareness.setLocalState({ name: `${name}-${++moves}` })
    }
    return `${name}-${moves}`
  },
  halt () { moving = false },

  // write types a text at the start of the document, as a user does.
  write: ({ text }) => session.write(text),

  // versions opens the versions of a document; version calls one of their methods.
  versions (options) { versions = createVersioningEndpoints(options) },
  version: ({ method, args }) => versions[method](...args),

  erase: ({ at, length }) => session.doc.getText('text').delete(at, length),

  // flash writes a text and deletes it, in one transaction.
  flash ({ text }) { session.flash(text) },
  // keep returns the document in the form of a browser's storage; open accepts that as kept.
  keep: () => ({ kept: Buffer.from(stateOf(session.provider.doc)).toString('hex') }),

  // edit makes random edits, and then adds content of each kind, so that some remains.
  async edit ({ seed, count }) {
    const random = new Random(seed)
    for (let i = 0; i < count; i++) {
      randomEdit(session.doc, random)
      if (random.chance(0.3)) await new Promise(resolve => setImmediate(resolve))
    }
    oneOfEach(session.doc)
  },
  fill ({ bytes }) { fillInPieces(session.doc, bytes) },
  paste ({ bytes }) { pastePicture(session.doc, bytes) },
  unpaste () { dropPicture(session.doc) },
  nest ({ depth }) { nest(session.doc, depth) },
  unnest () { unnest(session.doc) },
  assign: ({ times, size }) => assign(session, times, size),
  replay: ({ path }) => replay(session, path),
  // keys types at a steady rate, in keys a second, with a move of the caret for each key. Each key
  // inserts the time at which it was pressed. lag returns the age, in milliseconds, that the oldest
  // key had when it arrived here, since the last call.
  keys: ({ rate, ms }) => typeSteadily(session, rate, ms),
  lag: () => session.lag(),

  type ({ name, seed, ...options }) {
    typist = new (options.into ? ParagraphTypist : TokenTypist)(session, name, seed, options)
    return typist.run()
  },
  stop () { typist.stopped = true },

  async listen ({ url }) {
    listener = new Listener(url)
    await listener.opened
  },
  async listenerReport ({ marker, claims, deadline }) {
    await listener.covers(claims, deadline)
    return listener.report(marker)
  },
  attacks: attackNames,
  attack
}

serve(commands)
