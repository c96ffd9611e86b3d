// Tables of lists, and the buttons that page through them.
import { focusHeading, h, replace } from './dom.js'
import { number } from './format.js'
import { t } from './strings.js'

// table returns { element, update(rows) }. The caption names it for screen readers. Columns have
//   key, label
//   cell(row)  → the content of a cell: a node, a text, or a list of them
//   number     true: aligned at the right
//   header     true: the cell names its row, and is the head of its card at phone width
//   sort       true: the label is a button that calls onSort(key)
//   actions    true: buttons; the label is for screen readers only
//   wide       true: takes a good part of the width, and is cut where that is not enough
//   short      true: stays on one line
// sort is { key, direction: 'ascending' or 'descending' }; setSort gives another one. rowKey(row)
// identifies a row: a row that is updated keeps its elements, and so the focus, where the content
// is the same. empty is shown in the table's place if there are no rows.
export const table = ({ caption, columns, sort, onSort, rowKey = row => JSON.stringify(row), empty }) => {
  const body = h('tbody', { role: 'rowgroup' })
  const heads = columns.map(c => headOf(c, onSort))
  const inner = h('table', { class: 'table', role: 'table', 'aria-label': caption },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads)), body)
  const element = h('div', { class: 'table-place' })
  const known = new Map()
  const setSort = next => heads.forEach((head, i) => {
    if (columns[i].sort) head.setAttribute('aria-sort', next?.key === columns[i].key ? next.direction : 'none')
  })
  const update = rows => {
    if (rows.length === 0 && empty) return void showEmpty(element, empty)
    if (inner.parentNode !== element) replace(element, inner)
    const at = focusedRow(body)
    arrange(body, rows.map(row => rowOf(known, columns, row, String(rowKey(row)))))
    if (at >= 0 && document.activeElement === document.body) focusRow(body, at)
    for (const [key, tr] of known) if (tr.parentNode !== body) known.delete(key)
  }
  setSort(sort)
  return { element, update, setSort }
}

const showEmpty = (element, empty) => {
  const focused = element.contains(document.activeElement)
  if (empty.parentNode !== element) replace(element, empty)
  if (focused) focusHeading()
}

// focusedRow returns the index of the row that has the focus, or -1.
const focusedRow = body => [...body.children].findIndex(row => row.contains(document.activeElement))

// focusRow gives the focus to the row that has taken the place of one that has gone.
const focusRow = (body, at) => {
  const row = body.children[Math.min(at, body.children.length - 1)]
  const control = row?.querySelector('button, a')
  control ? control.focus() : focusHeading()
}

const classOf = column => ['number', 'actions', 'wide', 'short'].filter(name => column[name]).join(' ') || null

const headOf = (column, onSort) => {
  const label = column.sort
    ? h('button', { type: 'button', class: 'sort', onclick: () => onSort(column.key) }, column.label)
    : h('span', { class: column.actions ? 'unseen' : null }, column.label)
  return h('th', { scope: 'col', role: 'columnheader', class: classOf(column) }, label)
}

const cellOf = (column, row) => h(column.header ? 'th' : 'td', {
  role: column.header ? 'rowheader' : 'cell',
  scope: column.header ? 'row' : null,
  class: classOf(column),
  dataset: { label: column.label }
}, column.cell(row))

// rowOf returns a row's element; that of the last update gets the cells that have changed. Its
// buttons were made of the row's object, which therefore stays the same, with the new values.
const rowOf = (known, columns, row, key) => {
  const tr = known.get(key) ?? h('tr', { role: 'row' })
  known.set(key, tr)
  const current = renew(tr.row ??= {}, row)
  columns.forEach((column, i) => {
    const next = cellOf(column, current)
    const old = tr.children[i]
    if (!old) tr.append(next)
    else if (!old.isEqualNode(next)) swap(old, next)
  })
  return tr
}

const renew = (row, next) => {
  for (const name of Object.keys(row)) delete row[name]
  return Object.assign(row, next)
}

const nameOf = control => control.getAttribute('aria-label') ?? control.textContent

// swap replaces a cell; the focus goes to the control of the same name, or to the first.
const swap = (old, next) => {
  const focused = old.contains(document.activeElement) ? nameOf(document.activeElement) : null
  old.replaceWith(next)
  if (focused === null) return
  const controls = [...next.querySelectorAll('a, button')]
  const control = controls.find(c => nameOf(c) === focused) ?? controls[0]
  control ? control.focus() : focusHeading()
}

// arrange gives a parent these children in this order, and moves only those that have to move.
const arrange = (parent, wanted) => {
  const keep = new Set(wanted)
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove()
  wanted.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null)
  })
}

// pager returns { element, update({ from, shown, total, previous, next }) }: from is the number of
// entries before the page, shown that of the page's, total undefined if nobody knows it; previous
// and next are functions, or null at the ends.
export const pager = label => {
  const status = h('p', { class: 'pager-status', role: 'status' })
  const turns = {}
  const button = way => h('button', { type: 'button', class: 'button', 'aria-disabled': 'true', onclick: () => turns[way]?.() }, t(`pager.${way}`))
  const buttons = { previous: button('previous'), next: button('next') }
  const element = h('nav', { class: 'pager', 'aria-label': label }, status, buttons.previous, buttons.next)
  const update = ({ from, shown, total, previous, next }) => {
    const range = { from: number(from + 1), to: number(from + shown), total: number(total ?? 0) }
    status.textContent = shown === 0 ? '' : t(total === undefined ? 'pager.range' : 'pager.of', range)
    Object.assign(turns, { previous, next })
    buttons.previous.setAttribute('aria-disabled', String(!previous))
    buttons.next.setAttribute('aria-disabled', String(!next))
    element.classList.toggle('one', !previous && !next)
  }
  return { element, update }
}
