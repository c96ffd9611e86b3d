// The document as a tree (role "tree"), which is drawn as it is opened. The server bounds it.
import { get, path } from '../../lib/api.js'
import { h, newID, replace } from '../../lib/dom.js'
import { number } from '../../lib/format.js'
import { failure, loading } from '../../lib/states.js'
import { t } from '../../lib/strings.js'
import { readable } from './bounded.js'
import { valueText } from './tree.js'
import { TreeKeys } from './treekeys.js'
import { beginningOf, below, count, marksOf } from './treenodes.js'
import { current } from './which.js'

const step = 100 // children that are drawn at once
const most = 300 // characters of a text
const limits = [2000, 20_000] // nodes that are asked for, and once more

// openTree fills the panel.
export const openTree = async (room, which, panel, signal, limit = limits[0]) => {
  replace(panel, loading(t('room.reading')))
  try {
    const { version, node } = which
    const query = { limit, version: version === current ? '' : version }
    const tree = await get(path`/v1/rooms/${room.name}/tree`, query, { signal, node })
    if (tree.roots.length === 0) return replace(panel, h('p', { class: 'muted' }, t('room.document.empty')))
    replace(panel, h('div', { class: 'tree-place' }, treeElement(tree.roots)), tree.truncated && leftOut(tree, limit, () => openTree(room, which, panel, signal, limits[1])))
  } catch (err) {
    if (err.name !== 'AbortError') replace(panel, failure(err, () => openTree(room, which, panel, signal, limit)))
  }
}

// leftOut says that the document has more than the tree, and offers a larger one.
const leftOut = ({ nodes }, limit, larger) => h('p', { class: 'left-out' },
  h('span', { class: 'muted' }, t('room.tree.truncated', { count: nodes })), ' ',
  limit < limits[1] && h('button', { type: 'button', class: 'button small', onclick: larger }, t('room.tree.larger', { count: limits[1] })))

// treeElement draws the roots; a single one is open.
export const treeElement = roots => {
  const tree = h('ul', { role: 'tree', class: 'tree', 'aria-label': t('room.document.tree') })
  const keys = new TreeKeys(tree)
  drawChildren(tree, roots.map(root => ({ ...root, root: true })), 1, keys)
  keys.start()
  if (roots.length === 1) keys.open(tree.firstChild.firstChild)
  return tree
}

// drawChildren adds the next children to a group, and an item for those that are left.
const drawChildren = (group, children, level, keys, from = 0) => {
  const end = Math.min(from + step, children.length)
  for (let i = from; i < end; i++) group.append(itemOf(children[i], level, i, children.length, keys))
  if (end < children.length) group.append(moreItem(group, children, level, keys, end))
}

const row = (level, at, of, more, content) => h('div', {
  role: 'treeitem', class: 'tree-row', tabindex: -1, 'aria-level': level, 'aria-posinset': at + 1, 'aria-setsize': of, ...more
}, content)

// itemOf returns the list item of a node: its row, and below it the group with its children, once it
// was opened.
const itemOf = (node, level, at, of, keys) => {
  if (count(node) === 0) return h('li', { role: 'none' }, row(level, at, of, {}, labelOf(node)))
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
const moreItem = (group, children, level, keys, end) => {
  const left = children.length - end
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

const cut = (text, more) => text.length > most || more ? `${text.slice(0, most)}…` : text

// labelOf names a node: its key, its kind or content, and how much is in it.
const labelOf = node => {
  if (node.kind === 'left') return h('span', { class: 'muted' }, t('room.tree.left'))
  const key = node.key !== undefined && h('span', { class: 'tree-key' }, h('bdi', null, readable(node.key)), ': ')
  if (node.kind === 'characters') return [key, h('bdi', { class: 'tree-text' }, `“${cut(readable(node.text ?? '').replaceAll('\n', '↵'), node.more)}”`), marks(node)]
  if (node.kind === 'value') return [key, h('bdi', { class: 'tree-value' }, node.value === undefined ? '…' : readable(valueText(node.value, most)))]
  return [key, h('span', { class: 'tree-kind' }, t(`room.block.${node.kind}`)), ' ',
    node.name && [h('bdi', { class: 'tree-name' }, readable(node.name)), ' '],
    h('span', { class: 'muted' }, node.root && `(${t('room.tree.root')}) `, t('room.tree.inside', { count: count(node) })), beginning(node)]
}

const marks = node => marksOf(node) !== '' && h('span', { class: 'tree-marks' }, ' ', h('bdi', null, readable(cut(marksOf(node)))))

// beginning is shown while a node is closed.
const beginning = node => {
  const text = beginningOf(node, 70)
  return text !== '' && h('span', { class: 'tree-beginning' }, ' ', h('bdi', null, `“${readable(text).replaceAll('\n', '↵')}”`))
}
