// The document as a tree (role "tree"), which is drawn as it is opened. Arrow keys, Home, End, "*"
// and the first letters work as the ARIA practices say.
import { h, newID, replace } from '../../lib/dom.js'
import { number } from '../../lib/format.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { partsOf } from './authors.js'
import { readable } from './bounded.js'
import { nameOf } from './pieces.js'
import { TreeKeys } from './treekeys.js'
import { below, inside, treeOf, valueText } from './tree.js'

const step = 100 // children that are drawn at once
const most = 300 // characters of a text

// openTree fills the panel.
export const openTree = async (room, which, panel, signal) => {
  replace(panel, loading(t('room.reading')))
  try {
    const roots = treeOf(await partsOf(room, which, signal))
    if (roots.length === 0) return replace(panel, h('p', { class: 'muted' }, t('room.document.empty')))
    replace(panel, h('div', { class: 'tree-place' }, treeElement(roots)))
  } catch (err) {
    if (err.name !== 'AbortError') replace(panel, failure(err, () => openTree(room, which, panel, signal)))
  }
}

// treeElement draws the roots; a single one is open.
export const treeElement = roots => {
  const tree = h('ul', { role: 'tree', class: 'tree', 'aria-label': t('room.document.tree') })
  const keys = new TreeKeys(tree)
  drawChildren(tree, roots.map(root => ({ ...root, leaf: inside(root) === 0 })), 1, keys)
  keys.start()
  if (roots.length === 1) keys.open(tree.firstChild.firstChild)
  return tree
}

// drawChildren adds the next children to a group, and an item for those that are left.
const drawChildren = (group, children, level, keys, from = 0) => {
  const end = Math.min(from + step, children.length)
  for (let i = from; i < end; i++) group.append(itemOf(children[i], level, i, children.length, keys))
  const left = children.length - end
  if (left > 0) group.append(moreItem(group, children, level, keys, end, left))
}

const row = (level, at, of, more, content) => h('div', {
  role: 'treeitem', class: 'tree-row', tabindex: -1, 'aria-level': level, 'aria-posinset': at + 1, 'aria-setsize': of, ...more
}, content)

// itemOf returns the list item of a node: its row, and below it the group with its children, once it
// was opened.
const itemOf = (node, level, at, of, keys) => {
  if (node.leaf || inside(node) === 0) return h('li', { role: 'none' }, row(level, at, of, {}, labelOf(node)))
  const id = newID()
  const item = row(level, at, of, { 'aria-expanded': 'false' }, labelOf(node))
  keys.onOpen(item, () => {
    const group = h('ul', { role: 'group', id })
    drawChildren(group, below(node), level + 1, keys)
    item.after(group)
    item.setAttribute('aria-owns', id)
  })
  return h('li', { role: 'none' }, item)
}

// moreItem stands for children that are not drawn yet; Enter or a click draws the next ones.
const moreItem = (group, children, level, keys, end, left) => {
  const text = t('room.more', { count: Math.min(step, left), left: number(left) })
  const item = row(level, end, children.length, { class: 'tree-row tree-more' }, text)
  const place = h('li', { role: 'none' }, item)
  keys.onActivate(item, () => {
    place.remove()
    drawChildren(group, children, level, keys, end)
    keys.focus(group.children[end].firstChild)
  })
  return place
}

const cutText = text => text.length > most ? `${text.slice(0, most)}…` : text

// labelOf names a node: its key or kind, what is in it, and its author.
const labelOf = node => [
  node.type === 'entry' && h('span', { class: 'tree-key' }, h('bdi', null, readable(node.key)), ': '),
  node.block || node.type === 'root'
    ? [h('span', { class: 'tree-kind' }, node.type === 'root' ? t('room.tree.root') : t(`room.block.${node.block}`)), ' ',
        node.name && h('bdi', { class: 'tree-name' }, readable(node.name)), ' ',
        h('span', { class: 'muted' }, t('room.tree.inside', { count: inside(node) }))]
    : node.type === 'text'
      ? h('bdi', { class: 'tree-text' }, `“${cutText(readable(node.text ?? '').replaceAll('\n', '↵'))}”`)
      : h('bdi', { class: 'tree-value' }, readable(valueText(node.values?.[0], most))),
  node.by && h('span', { class: 'tree-by muted' }, ' ', h('bdi', null, readable(nameOf(node.by))))
]
