// What can be done to a room. Each asks first, and says afterwards what was done.
import { path, send } from '../../lib/api.js'
import { ask } from '../../lib/dialog.js'
import { foreign, h } from '../../lib/dom.js'
import { say } from '../../lib/say.js'
import { partial } from '../../lib/states.js'
import { nodes, t } from '../../lib/strings.js'

// act asks whether to do something, does it with run(values), and says what done(answer, values)
// returns. It resolves to the answer, or null if the visitor has cancelled.
export const act = async ({ title, text, action, danger, fields, run, done, then }) => {
  let answer
  const values = await ask({ title, text: Array.isArray(text) ? h('p', null, text) : text, action, danger, fields, run: async values => { answer = await run(values) } })
  if (!values) return null
  const said = done(answer, values)
  say([said, partial(answer)].filter(Boolean))
  then?.(answer)
  return answer
}

const on = (name, verb) => verb ? path`/v1/rooms/${name}/${verb}` : path`/v1/rooms/${name}`

// simple is an action whose sentences have the room alone: room.<key>.ask, .text and .done.
const simple = (key, name, run, then, danger = false) => act({
  title: t(`room.${key}.ask`), text: nodes(`room.${key}.text`, { room: foreign(name) }), action: t(`room.${key}`), danger, run, then,
  done: () => nodes(`room.${key}.done`, { room: foreign(name) })
})

export const lock = (name, then) => simple('lock', name, () => send('POST', on(name, 'lock')), then, true)

export const unlock = (name, then) => simple('unlock', name, () => send('POST', on(name, 'unlock')), then)

export const evict = (name, then) => simple('evict', name, () => send('POST', on(name, 'evict')), then, true)

export const refresh = (name, then) => simple('refresh', name, () => send('POST', on(name, 'refresh')), then)

export const remove = (name, then) => simple('delete', name, () => send('DELETE', on(name)), then, true)

export const undelete = (name, then) => simple('undelete', name, () => send('DELETE', on(name, 'tombstone')), then)

export const snapshot = (name, then) => act({
  title: t('room.snapshot.ask'), text: nodes('room.snapshot.text', { room: foreign(name) }), action: t('room.snapshot'), then,
  run: () => send('POST', on(name, 'snapshot')),
  done: ({ version }) => nodes('room.snapshot.done', { room: foreign(name), count: version })
})

export const notice = (name, then) => act({
  title: t('room.notice.ask'), text: nodes('room.notice.text', { room: foreign(name) }), action: t('room.notice'), then,
  fields: [
    { name: 'text', label: t('room.notice.field'), hint: t('room.notice.hint'), required: true, maxlength: 1000 },
    { name: 'level', label: t('room.notice.level'), type: 'select', value: 'info', options: levels() }
  ],
  run: values => send('POST', on(name, 'notice'), values),
  done: ({ peers }) => t('room.notice.done', { count: peers })
})

const levels = () => ['info', 'warning'].map(value => ({ value, label: t(`room.notice.${value}`) }))

// kick closes a user's connections to the room; user has id and name.
export const kick = (name, user, then) => act({
  title: t('room.kick.ask'), text: nodes('room.kick.text', { user: foreign(user.name || user.id), count: user.peers }), action: t('room.kick'), danger: true, then,
  run: () => send('POST', on(name, 'kick'), { user: user.id }),
  done: ({ connections }) => nodes('room.kick.done', { user: foreign(user.name || user.id), count: connections })
})

// disconnect closes one connection, whose user may come back.
export const disconnect = (connection, then) => act({
  title: t('room.close.ask'), text: t('room.close.text', { connection: String(connection) }), action: t('room.close'), danger: true, then,
  fields: [{ name: 'reason', label: t('room.close.reason'), hint: t('room.close.hint'), maxlength: 100 }],
  run: ({ reason }) => send('DELETE', path`/v1/connections/${connection}`, undefined, { reason }),
  done: () => t('room.close.done', { connection: String(connection) })
})

// all are the actions of a room's head, in their order, each with the states in which it is there.
export const all = [
  { key: 'lock', run: lock, when: m => m.detail && !m.detail.locked },
  { key: 'unlock', run: unlock, when: m => m.detail?.locked },
  { key: 'snapshot', run: snapshot, when: m => m.loaded },
  { key: 'notice', run: notice, when: m => m.loaded },
  { key: 'refresh', run: refresh, when: m => m.loaded && m.detail.kind === 'record' && m.refreshable },
  { key: 'evict', run: evict, when: m => m.loaded },
  { key: 'delete', run: remove, danger: true, when: m => m.detail && !m.deleted },
  { key: 'undelete', run: undelete, when: m => m.deleted }
]
