// What was done, and what failed: said to screen readers, and shown until it is dismissed.
import { focusHeading, h } from './dom.js'
import { t } from './strings.js'
import { explain } from './states.js'

const most = 3

const region = h('section', { class: 'notes', 'aria-live': 'polite', 'aria-relevant': 'additions' })

// startSaying puts the region into the page; it must be there before something is said.
export const startSaying = () => {
  region.setAttribute('aria-label', t('notes.label'))
  document.body.append(region)
}

// forget takes all notes away.
export const forget = () => region.replaceChildren()

// say shows a text, or children. The kind is done, info or error. Of more than a few the oldest
// goes.
export const say = (text, { kind = 'done' } = {}) => {
  const note = h('div', { class: `note ${kind}`, role: kind === 'error' ? 'alert' : null },
    h('div', { class: 'note-text' }, text),
    h('button', { type: 'button', class: 'note-close', 'aria-label': t('action.dismiss'), onclick: () => dismiss(note) }, '×'))
  region.append(note)
  while (region.children.length > most) region.firstChild.remove()
}

// dismiss leaves the focus on the page, not on nothing.
const dismiss = note => {
  const next = note.nextElementSibling ?? note.previousElementSibling
  note.remove()
  next ? next.querySelector('.note-close').focus() : focusHeading()
}

// sayError shows an error of a request.
export const sayError = err => {
  if (err.name !== 'AbortError' && err.status !== 401) say(explain(err), { kind: 'error' })
}
