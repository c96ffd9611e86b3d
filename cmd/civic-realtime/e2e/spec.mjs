// The client of lib/specclient.mjs, controlled by the tests; lib/driven.mjs describes how.
import { complaints, serve } from './lib/driven.mjs'
import { got, SpecClient } from './lib/specclient.mjs'

let client = null

const problems = complaints(() => client?.waiters.poke())

serve({
  connect (args) {
    client?.ws.terminate()
    client = new SpecClient(args)
  },
  wait: ({ until, deadline }) => client.waiters.until(until, deadline),
  // got waits for messages that match a pattern, and returns them.
  async got ({ deadline, ...want }) {
    await client.waiters.until({ got: want }, deadline)
    return got(client, want)
  },
  status: () => ({ ...client?.status(), problems }),
  send: ({ message }) => client.send(message),
  raw: ({ text }) => client.ws.send(text),
  type: ({ text }) => client.type(text),
  // types writes each letter in an update of its own.
  types ({ text }) { for (const letter of text) client.type(letter) },
  fill ({ bytes }) { client.type('x'.repeat(bytes)) },
  // reset forgets the client.
  reset () {
    client?.ws.terminate()
    client = null
    problems.length = 0
  },
  leave () { client.ws.close() }
})
