// The list of events, the newest first. It has a few hundred at most, and is drawn a few times a
// second, or once if many come.
import { foreign, h, replace } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { empty } from '../../lib/states.js'
import { has, nodes, t } from '../../lib/strings.js'
import { roomHref } from '../../routes.js'
import { colourOf } from './kinds.js'

const most = 200
const pause = 250 // milliseconds between two drawings
const longPause = 1000 // the same, after a drawing that has replaced many rows
const many = 50

// eventList returns { element, add(event, name), pause() which tells whether it is paused now,
// clear() }.
export const eventList = signal => {
  const list = h('ol', { class: 'events', 'aria-label': t('events.list'), reversed: true })
  const waiting = h('p', { class: 'remark', role: 'status' })
  const none = empty(t('events.none'), t('events.noneAbout'))
  const element = h('section', { class: 'card', 'aria-label': t('events.list') }, none)
  let fresh = [] // oldest first
  let total = 0 // those that came since the list was drawn
  let paused = false
  let drawn = null // the timer of the next drawing
  let wait = pause
  const draw = () => {
    drawn = null
    if (signal.aborted || fresh.length === 0) return
    if (paused) return void replace(waiting, t('events.waiting', { count: total }))
    wait = fresh.length > many ? longPause : pause
    list.prepend(...fresh.slice(-most).reverse().map(([event, name]) => name === 'lost' ? lostRow(event) : row(event)))
    while (list.children.length > most) list.lastChild.remove()
    if (list.parentNode !== element) replace(element, list)
    fresh = []
    total = 0
  }
  const soon = () => { drawn ??= setTimeout(() => requestAnimationFrame(draw), wait) }
  const add = (event, name) => {
    total++
    fresh.push([event, name])
    if (fresh.length >= 2 * most) fresh = fresh.slice(-most)
    soon()
  }
  const turn = () => {
    paused = !paused
    if (paused) {
      replace(waiting, t('events.waiting', { count: 0 }))
      element.before(waiting)
    } else {
      waiting.remove()
      soon()
    }
    return paused
  }
  const clear = () => {
    fresh = []
    total = 0
    replace(list)
    replace(element, none)
  }
  return { element, add, pause: turn, clear }
}

const lostRow = ({ lost }) => h('li', { class: 'event' }, h('span', { class: 'badge warning' }, t('events.lost', { count: lost })))

const row = event => h('li', { class: 'event' },
  h('time', { datetime: event.time, title: format.dateTime(event.time) }, format.time(event.time)),
  h('span', { class: `badge ${colourOf(event.kind)}` }, has(`kind.${event.kind}`) ? t(`kind.${event.kind}`) : event.kind),
  h('span', { class: 'event-text' }, parts(event)))

// parts are what the event has, in the order in which it is read.
const parts = e => [
  e.user && h('a', { href: `#/connections?user=${encodeURIComponent(e.user)}`, class: 'quiet' }, foreign(e.user)),
  e.room && h('a', { href: roomHref(e.room) }, foreign(e.room)),
  e.subject && h('span', { class: 'mono' }, e.subject),
  e.reason && foreign(e.reason, { class: 'foreign whole' }),
  e.code !== undefined && h('span', { class: 'muted' }, t('events.code', { code: String(e.code) })),
  e.count !== undefined && h('span', { class: 'muted' }, t('events.count', { count: e.count })),
  e.until && h('span', { class: 'muted' }, t('events.until', { time: format.dateTime(e.until) })),
  e.by && h('span', { class: 'muted' }, nodes('events.by', { name: foreign(e.by) })),
  e.address && h('span', { class: 'muted' }, foreign(e.address)),
  e.node && h('span', { class: 'muted' }, nodes('events.node', { node: foreign(e.node) }))
].filter(Boolean).flatMap((part, i) => i === 0 ? [part] : [' ', part])
