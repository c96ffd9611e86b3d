// What a room has, and what waits in it, in plain words.
import { h, replace } from '../../lib/dom.js'
import { age, bytes, dateTime, number, rate } from '../../lib/format.js'
import { t } from '../../lib/strings.js'

// waitsOf returns { element, update(model) }.
export const waitsOf = () => {
  const lists = { document: facts('room.facts.document'), waits: facts('room.facts.waits') }
  const element = h('div', { class: 'grid' }, lists.document.element, lists.waits.element)
  const update = model => {
    element.hidden = model.detail === null
    if (model.detail === null) return
    lists.document.update(model.loaded ? documentFacts(model.detail) : storedFacts(model))
    lists.waits.element.hidden = !model.loaded
    if (model.loaded) lists.waits.update(waitFacts(model.detail))
  }
  return { element, update }
}

// facts is a card with names and values. A value that stays the same keeps its element, so that a
// text that is being selected stays so.
const facts = key => {
  const list = h('dl', { class: 'facts' })
  const shown = new Map()
  const update = all => {
    const wanted = all.filter(Boolean)
    if (wanted.map(f => f[0]).join() !== [...shown.keys()].join()) {
      shown.clear()
      replace(list, wanted.map(([name]) => {
        const value = h('dd')
        shown.set(name, value)
        return [h('dt', null, t(`room.fact.${name}`)), value]
      }))
    }
    for (const [name, value] of wanted) change(shown.get(name), value)
  }
  return { element: h('section', { class: 'card' }, h('h2', null, t(key)), list), update }
}

const change = (element, value) => {
  const next = h('dd', null, value)
  if (!element.isEqualNode(next)) replace(element, [...next.childNodes])
}

const when = (at, otherwise) => at ? h('time', { datetime: at, title: dateTime(at) }, age(at)) : otherwise

const documentFacts = d => [
  ['size', bytes(d.document_bytes)],
  d.held_bytes < d.document_bytes && ['held', bytes(d.held_bytes)],
  ['version', number(d.version)],
  ['rate', t('room.rate', { rate: rate(d.updates_per_second) })],
  ['snapshot', d.snapshot_version > 0 || d.snapshot_at ? snapshotOf(d) : t('room.none.yet')],
  d.kind === 'record' && ['draft', when(d.draft_at, t('room.none.yet'))],
  d.emptied_at && ['emptied', when(d.emptied_at)]
]

const snapshotOf = d => [when(d.snapshot_at, t('room.none.yet')), ' ', h('span', { class: 'muted' }, t('room.snapshot.of', { count: d.snapshot_version }))]

const storedFacts = ({ stored, detail }) => [
  ['snapshot', when(stored?.saved_at ?? detail.snapshot_at, t('room.none.yet'))],
  stored && ['bytes', bytes(stored.snapshot_bytes)],
  stored && ['updates', number(stored.updates)],
  stored && ['versions', number(stored.versions)],
  stored?.expires_at && ['expires', dateTime(stored.expires_at)]
]

// waitFacts says what waits, or that nothing does. What fails comes first.
const waitFacts = d => {
  const list = [
    d.unstored_updates > 0 && ['unstored', [t('room.wait.unstored', { count: d.unstored_updates }), d.retry_at && ['; ', t('room.wait.retry', { at: age(d.retry_at) })]].flat(2)],
    d.failing.length > 0 && ['failing', d.failing.map(work => t(`room.failing.${work}`)).join(', ')],
    d.snapshot_failures > 0 && ['failures', t('room.wait.failures', { count: d.snapshot_failures })],
    d.unsaved_updates > 0 && ['unsaved', [t('room.wait.unsaved', { count: d.unsaved_updates }), due(d.snapshot_due_at)]],
    d.unsaved_since && ['undrafted', [t('room.wait.undrafted', { age: age(d.unsaved_since) }), due(d.draft_due_at)]],
    d.pending_bytes > 0 && ['pending', t('room.wait.pending', { bytes: bytes(d.pending_bytes) })],
    d.unflushed_bytes > 0 && ['unflushed', t('room.wait.unflushed', { bytes: bytes(d.unflushed_bytes) })],
    d.held_updates > 0 && ['heldupdates', t('room.wait.held', { count: d.held_updates })],
    (d.compacting || d.compaction_due_at) && ['compaction', d.compacting ? t('room.wait.compacting') : when(d.compaction_due_at)]
  ].filter(Boolean)
  return list.length > 0 ? list : [['nothing', t('room.wait.nothing')]]
}

const due = at => at ? ` ${t('room.wait.due', { at: age(at) })}` : ''
