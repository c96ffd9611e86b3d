// A person with one document, controlled by the tests; ../lib/driven.mjs describes how.
import { complaints, serve } from '../lib/driven.mjs'
import { Session } from '../lib/session.mjs'
import { paragraph } from './writing.mjs'

let session = null
const problems = complaints(() => session?.waiters.poke())

serve({
  // open joins a room with a version of y-websocket or one of our protocols.
  open (options) {
    session?.destroy()
    session = new Session({ ...options, problems })
  },
  wait: ({ until, deadline }) => session.waiters.until(until, deadline),
  status: () => session.status(),
  text: () => session.doc.getText('text').toString(),
  // write types at the start of the text, and paragraph at the end of the rich text, with marks or
  // attributes as editors write them.
  write: ({ text }) => session.write(text),
  paragraph: ({ text, kind, marks }) => paragraph(session.doc, text, kind, marks),
  presence: ({ state }) => session.provider.awareness.setLocalState(state),
  leave: () => session.provider.disconnect()
})
