// The worker: answers one request at a time until its input ends.
import './entropy.mjs'
import { readFrame, writeFrame } from './frames.mjs'

// Yjs prints warnings to the standard output, which is for frames only.
console.log = console.info = console.warn = console.error = () => {}

const Y = await import('yjs')
const { session } = await import('./session.mjs')
const { origins } = await import('./origins.mjs')
const { compare } = await import('./compare.mjs')
const { mutants } = await import('./mutate.mjs')
const { simplify } = await import('./simplify.mjs')

const operations = {
  session: ({ seed }) => {
    const { gc, updates } = session(seed)
    return [{ gc }, updates]
  },
  origins: ({ seed }) => {
    const { gc, updates } = origins(seed)
    return [{ gc }, updates]
  },
  compare: (request, blobs) => [{ difference: compare(request, blobs) }, []],
  mutants: (request, updates) => [{}, mutants(request, updates)],
  simplify: (_, [update]) => [{}, simplify(update)],
  merge: (_, updates) => [{}, [Y.mergeUpdates(updates)]]
}

const answer = ({ head, blobs }) => {
  try {
    return operations[head.op](head, blobs)
  } catch (error) {
    return [{ error: error.stack }, []]
  }
}

while (true) writeFrame(...answer(readFrame()))
