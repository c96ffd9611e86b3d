// Writing into the rich text of a document, as an editor of ProseMirror does.
import * as Y from 'yjs'

// paragraph appends a block. The kind is that of the schema, with its attributes; marks are those of
// the whole text.
export const paragraph = (doc, text, { name = 'paragraph', ...attributes } = {}, marks = {}) => {
  const block = new Y.XmlElement(name)
  const words = new Y.XmlText()
  for (const [key, value] of Object.entries(attributes)) block.setAttribute(key, value)
  words.insert(0, text, marks)
  block.insert(0, [words])
  doc.getXmlFragment('default').push([block])
  return words
}
