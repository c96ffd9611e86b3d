// A real client as in client.mjs with a clock that stands still except during these commands.
import { clock } from './lib/clock.mjs'
import { commands, theSession } from './client.mjs'
import { startCloser } from './lib/closer.mjs'

// The time in milliseconds after which a client counts as staying away.
const away = 3_600_000

// comeBack advances the clock until the client connects again, and returns how long that took; null
// if the client stays away.
const comeBack = () => {
  const session = theSession()
  const { attempts } = session
  return clock.until(() => session.attempts > attempts, away)
}

Object.assign(commands, {
  closer: startCloser,
  comeBack,

  // waits returns the time that the client waits after the end of each connection, for count
  // connections or until it stays away.
  async waits ({ count }) {
    const waits = []
    while (waits.length < count && waits.at(-1) !== null) {
      await theSession().waiters.until({ ended: true }, 60_000)
      waits.push(comeBack())
    }
    return waits
  },

  // giveUp returns the time after which the client closes a connection without input; null if it
  // never does.
  async giveUp () {
    const session = theSession()
    await session.waiters.until({ opened: true }, 60_000)
    return clock.until(() => session.socket.readyState !== 1, away)
  },

  // pass advances the clock by ms.
  pass: ({ ms }) => { clock.until(() => false, ms) },

  // bytes sends bytes that are not a frame, unchanged.
  bytes: ({ hex }) => { theSession().socket._socket.write(Buffer.from(hex, 'hex')) }
})
