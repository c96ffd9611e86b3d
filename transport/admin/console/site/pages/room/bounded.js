// Long lists and texts, of which a part is drawn, and more when it is asked for.
import { h } from '../../lib/dom.js'
import { number } from '../../lib/format.js'
import { t } from '../../lib/strings.js'

// more returns a button that says how much is left, and asks for it.
const moreButton = onclick => h('button', { type: 'button', class: 'button small more', onclick })

// bounded returns an element of that tag with the first items, each made by draw(item), and below it
// a button for the next ones. key is the sentence of the button, with the numbers count and left.
export const bounded = (items, draw, { first = 200, step = first, tag = 'div', props, key = 'room.more' } = {}) => {
  const list = h(tag, props)
  const button = moreButton(() => add(step))
  let at = 0
  const add = n => {
    const end = Math.min(at + n, items.length)
    const added = items.slice(at, end).map(draw)
    list.append(...added)
    const had = document.activeElement === button
    at = end
    const left = items.length - at
    button.hidden = left === 0
    button.textContent = t(key, { count: Math.min(step, left), left: number(left) })
    if (had && left === 0) focusOn(added[0])
  }
  add(first)
  return h('div', { class: 'bounded' }, list, button)
}

const focusOn = element => {
  if (!element) return
  element.tabIndex = -1
  element.focus()
}

const piece = 50_000 // characters

// endOf returns where a part of a text ends: behind a line if one ends in its last fifth, and never
// within a surrogate pair.
export const endOf = (text, from, most) => {
  const end = from + most
  if (end >= text.length) return text.length
  const line = text.lastIndexOf('\n', end - 1) + 1
  if (line > from + most * 0.8) return line
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code < 0xdc00 ? end - 1 : end
}

// boundedText returns an element with the first part of a text, and a button for the next ones.
export const boundedText = (text, props) => {
  const pre = h('pre', { dir: 'auto', ...props })
  const button = moreButton(() => add())
  let at = 0
  const add = () => {
    const end = endOf(text, at, piece)
    pre.append(readable(text.slice(at, end)))
    at = end
    const left = text.length - at
    const had = document.activeElement === button
    button.hidden = left === 0
    button.textContent = t('room.more.text', { left: number(left) })
    if (had && left === 0) focusOn(pre)
  }
  add()
  return h('div', { class: 'bounded' }, pre, button)
}

// readable makes control characters and direction marks of a document readable, but leaves the ends
// of lines and tabs.
export const readable = text => text.replace(
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/g,
  c => c === '\r' ? '' : `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
