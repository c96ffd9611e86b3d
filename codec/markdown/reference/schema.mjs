// The ProseMirror schema of CivicPress: basic nodes, lists, tables, and references.
import { Schema } from 'prosemirror-model'
import { schema as basic } from 'prosemirror-schema-basic'
import { addListNodes } from 'prosemirror-schema-list'
import { tableNodes } from 'prosemirror-tables'

const codeBlock = { ...basic.spec.nodes.get('code_block'), attrs: { params: { default: '' } } }

const civicRef = {
  group: 'inline',
  inline: true,
  atom: true,
  attrs: { refType: { default: 'record' }, id: { default: '' }, label: { default: '' } }
}

const align = { default: null, getFromDOM: dom => dom.getAttribute('data-align') }

const tables = tableNodes({ tableGroup: 'block', cellContent: 'block+', cellAttributes: { align } })

export const schema = new Schema({
  nodes: addListNodes(basic.spec.nodes, 'paragraph block*', 'block').update('code_block', codeBlock).append(tables).append({ civicRef }),
  marks: basic.spec.marks
})
