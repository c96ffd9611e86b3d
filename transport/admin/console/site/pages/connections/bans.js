// Users who are kept out.
import { get, path, send } from '../../lib/api.js'
import { ask } from '../../lib/dialog.js'
import { foreign, h, replace } from '../../lib/dom.js'
import * as format from '../../lib/format.js'
import { pulse } from '../../lib/pulse.js'
import { say, sayError } from '../../lib/say.js'
import { empty, failure, loading } from '../../lib/states.js'
import { nodes, t } from '../../lib/strings.js'
import { pager, table } from '../../lib/table.js'

const limit = 50
const every = 30_000 // milliseconds
const times = [600, 3600, 86400, 604800, 2592000] // seconds

// ban asks for how long, and keeps a user out. Without a user it asks for that, too.
export const ban = async (user, done) => {
  let closed = 0
  const values = await ask({
    title: user ? nodes('ban.title', { user: foreign(user) }) : t('ban.titleAny'),
    text: t('ban.about'),
    action: t('ban.action'),
    danger: true,
    fields: [
      ...user ? [] : [{ name: 'user', label: t('ban.user'), hint: t('ban.userHint'), required: true }],
      { name: 'seconds', label: t('ban.time'), type: 'select', value: 3600, options: times.map(value => ({ value, label: format.duration(value) })) },
      { name: 'reason', label: t('ban.reason'), hint: t('ban.reasonHint'), maxlength: 100 }
    ],
    run: async v => {
      const order = { for_seconds: Number(v.seconds), ...v.reason && { reason: v.reason } }
      closed = (await send('POST', path`/v1/users/${user || v.user}/disconnect`, order)).connections
    }
  })
  if (!values) return
  say(nodes('ban.done', { user: foreign(user || values.user), time: format.duration(Number(values.seconds)), count: closed }))
  done()
}

// bans returns the section of bans: { element, load }.
export const bans = signal => {
  let offset = 0
  const rows = table({
    caption: t('bans.title'),
    rowKey: b => `${b.user}\n${b.room ?? ''}`,
    empty: empty(t('bans.none'), t('bans.noneAbout')),
    columns: [
      { key: 'user', label: t('connections.user'), header: true, cell: b => foreign(b.user) },
      { key: 'room', label: t('connections.room'), cell: b => b.room ? foreign(b.room) : t('bans.everywhere') },
      { key: 'until', label: t('bans.until'), cell: b => format.dateTime(b.until) },
      { key: 'reason', label: t('ban.reason'), wide: true, cell: b => b.reason ? foreign(b.reason, { class: 'foreign whole' }) : '–' },
      { key: 'by', label: t('bans.by'), cell: b => foreign(b.by) },
      { key: 'actions', label: t('action.label'), actions: true, cell: b => b.room ? null : unbanButton(b, () => load()) }
    ]
  })
  const turns = pager(t('bans.pages'))
  const list = h('div', null, loading())
  const show = page => {
    if (rows.element.parentNode !== list) replace(list, rows.element, turns.element)
    rows.update(page.bans)
    turns.update({
      from: offset,
      shown: page.bans.length,
      total: page.total,
      previous: offset > 0 ? () => turn(offset - limit) : null,
      next: page.next_offset ? () => turn(page.next_offset) : null
    })
  }
  const turn = to => {
    offset = Math.max(0, to)
    load()
  }
  const ask = asked => get('/v1/bans', { offset, limit }, { signal: asked })
  const failed = err => replace(list, failure(err, load))
  const load = pulse({ ask, show, failed, every, signal })
  const add = h('button', { type: 'button', class: 'button small', onclick: () => ban('', load) }, t('ban.any'))
  return { load, element: h('section', { class: 'card' }, h('div', { class: 'head' }, h('h2', null, t('bans.title')), add), list) }
}

const unbanButton = (b, done) =>
  h('button', { type: 'button', class: 'button small', 'aria-label': t('bans.liftOf', { user: b.user }), onclick: () => unban(b.user, done) }, t('bans.lift'))

const unban = async (user, done) => {
  const values = await ask({
    title: t('bans.liftTitle'),
    text: h('p', null, nodes('bans.liftAbout', { user: foreign(user) })),
    action: t('bans.lift'),
    run: () => send('DELETE', path`/v1/bans/${user}`)
  }).catch(sayError)
  if (!values) return
  say(nodes('bans.lifted', { user: foreign(user) }))
  done()
}
