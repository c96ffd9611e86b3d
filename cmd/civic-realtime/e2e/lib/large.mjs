// Large documents.
import * as Y from 'yjs'

const piece = 'twenty letters each '

// fillInPieces inserts about so many bytes of text at the start, in pieces, so that each piece is a
// struct of its own.
export const fillInPieces = (doc, bytes) => doc.transact(() => {
  const text = doc.getText('text')
  for (let written = 0; written < bytes; written += piece.length) text.insert(0, piece)
})

// pastePicture inserts a picture of so many bytes at the start of the text.
export const pastePicture = (doc, bytes) => doc.getText('text').insertEmbed(0, { image: `data:${'p'.repeat(bytes)}` })

// dropPicture deletes the first picture in the text.
export const dropPicture = doc => {
  const text = doc.getText('text')
  let at = 0
  for (const { insert } of text.toDelta()) {
    if (typeof insert !== 'string') return text.delete(at, 1)
    at += insert.length
  }
}

// assign sets one key of a map several times, each time to another value of size bytes, as fast as
// they are sent.
export const assign = async (session, times, size) => {
  const map = session.doc.getMap('map')
  for (let i = 1; i <= times; i++) {
    map.set('value', `${i}:${'v'.repeat(size)}`)
    if (i % 16 === 0) await session.flushed()
  }
  await session.flushed()
}

// nest inserts nested elements, so many deep.
export const nest = (doc, depth) => {
  let outer = new Y.XmlElement('blockquote')
  for (let i = 1; i < depth; i++) {
    const element = new Y.XmlElement('blockquote')
    element.insert(0, [outer])
    outer = element
  }
  doc.getXmlFragment('default').insert(0, [outer])
}

// unnest deletes them.
export const unnest = doc => doc.getXmlFragment('default').delete(0, 1)
