// A real client like that of client.mjs whose clock stands still, but while one of these commands lets it go on.
import { clock } from './lib/clock.mjs'
import { commands, theSession } from './client.mjs'
import { startCloser } from './lib/closer.mjs'

// How long a client may take to come back, in milliseconds, before it is said to stay away.
const away = 3_600_000

// comeBack goes on until the client connects again, and returns how long that took; null if it stays away.
const comeBack = () => {
  const session = theSession()
  const { attempts } = session
  return clock.until(() => session.attempts > attempts, away)
}

Object.assign(commands, {
  closer: startCloser,
  comeBack,

  // waits returns how long the client waits after each of its connections has ended, until there are count of them or it
  // stays away.
  async waits ({ count }) {
    const waits = []
    while (waits.length < count && waits.at(-1) !== null) {
      await theSession().waiters.until({ ended: true }, 60_000)
      waits.push(comeBack())
    }
    return waits
  },

  // giveUp returns how long the client keeps a connection on which nothing comes; null if for good.
  async giveUp () {
    const session = theSession()
    await session.waiters.until({ opened: true }, 60_000)
    return clock.until(() => session.socket.readyState !== 1, away)
  },

  // pass lets some time go by.
  pass: ({ ms }) => { clock.until(() => false, ms) },

  // bytes sends some that are no frame of a client's, as they are.
  bytes: ({ hex }) => { theSession().socket._socket.write(Buffer.from(hex, 'hex')) },

  // signIn has the client use another token from its next connection on.
  signIn: ({ token }) => theSession().signIn(token)
})
