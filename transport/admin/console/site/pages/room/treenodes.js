// What a tree shows of the nodes that the server sends.

// below returns what is shown under a node: its attributes, its children, and a remark if there are
// more than were sent. The marks of characters are shown beside them.
export const below = node => [
  ...node.kind === 'characters' ? [] : Object.entries(node.attributes ?? {}).map(([key, value]) => ({ kind: 'value', key, value })),
  ...node.children ?? [],
  ...node.more && node.kind !== 'characters' && node.kind !== 'value' ? [{ kind: 'left' }] : []
]

// count returns how many those are, without making them.
export const count = node => node.kind === 'characters' || node.kind === 'value'
  ? 0
  : Object.keys(node.attributes ?? {}).length + (node.children?.length ?? 0) + (node.more ? 1 : 0)

// marksOf names the marks of characters, those with values with them: strong, link {"href":"…"}.
export const marksOf = node => Object.entries(node.attributes ?? {}).map(([name, value]) => {
  const text = JSON.stringify(value)
  return ['{}', 'true', 'null', undefined].includes(text) ? name : `${name} ${text}`
}).join(', ')

// beginningOf returns the first characters of the text in a node, with spaces between elements.
export const beginningOf = (node, most) => {
  let text = ''
  const walk = ({ kind, text: own = '', children = [] }) => {
    text += kind === 'element' && text !== '' ? ` ${own}` : own
    for (let i = 0; i < children.length && text.length <= most; i++) walk(children[i])
  }
  walk(node)
  return text.length > most ? `${text.slice(0, most)}…` : text
}
