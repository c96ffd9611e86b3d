// A document as prosemirror-markdown writes it, with tables and references.
import { defaultMarkdownSerializer as basic, MarkdownSerializer } from 'prosemirror-markdown'

const escaped = text => text.replaceAll('"', '&quot;').replaceAll('--', '&#45;&#45;')
const delimiters = { left: ':--', center: ':-:', right: '--:' }

const civicRef = (state, { attrs: { refType, id, label } }) =>
  state.write(`<!--civic-ref type="${escaped(refType)}" id="${escaped(id)}" label="${escaped(label)}"-->`)

const inCell = new MarkdownSerializer({
  ...basic.nodes,
  civicRef,
  paragraph: (state, node) => { state.renderInline(node); state.closeBlock(node) },
  hard_break: state => state.write('<br>')
}, basic.marks)

const cell = node => inCell.serialize(node, { tightLists: true }).replace(/\n+/g, ' ').trim().replaceAll('|', '\\|')
const row = cells => `| ${cells.join(' | ')} |`
const children = node => Array.from({ length: node.childCount }, (_, i) => node.child(i))

const table = (state, node) => {
  const [head, ...body] = children(node).map(children)
  const lines = [head.map(cell), head.map(({ attrs }) => delimiters[attrs.align] ?? '---'), ...body.map(cells => cells.map(cell))]
  state.text(lines.map(row).join('\n'), false)
  state.closeBlock(node)
}

const serializer = new MarkdownSerializer({ ...basic.nodes, civicRef, table }, basic.marks)

export const write = doc => serializer.serialize(doc)
