// CivicPress' schema, with the functions by which a view shows a reference.
import { Schema } from 'prosemirror-model'
import { schema as reference } from '../../../../codec/markdown/reference/schema.mjs'

const { nodes, marks } = reference.spec

const toDOM = ({ attrs: { refType, id, label } }) =>
  ['span', { 'data-civic-ref': refType, 'data-id': id, 'data-label': label, class: 'civic-ref' }, label]

const parseDOM = [{
  tag: 'span[data-civic-ref]',
  getAttrs: ({ dataset }) => ({ refType: dataset.civicRef, id: dataset.id, label: dataset.label })
}]

export const schema = new Schema({ nodes: nodes.update('civicRef', { ...nodes.get('civicRef'), toDOM, parseDOM }), marks })
