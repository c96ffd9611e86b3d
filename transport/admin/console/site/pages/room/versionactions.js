// What can be done with versions. Those on the disk of a node are for that node to change.
import { path, send } from '../../lib/api.js'
import { foreign, h } from '../../lib/dom.js'
import { dateTime } from '../../lib/format.js'
import { nodes, t } from '../../lib/strings.js'
import { act } from './actions.js'

const longest = 255 // bytes of a name

const at = (room, version, verb = '') => path`/v1/rooms/${room.name}/versions/${version.id}` + verb

const of = version => ({ node: version.node })

// names returns the parameters of sentences about a version.
const names = version => ({
  version: String(version.id), at: dateTime(version.saved_at),
  name: version.name ? h('span', null, '“', foreign(version.name), '”') : ''
})

const nameField = value => ({ name: 'name', label: t('room.keep.name'), hint: t('room.keep.hint'), value, maxlength: longest })

// keep keeps the present document as a version.
export const keep = (room, then) => act({
  title: t('room.keep.ask'), text: t('room.keep.text'), action: t('room.keep'), fields: [nameField('')], then,
  run: ({ name }) => send('POST', path`/v1/rooms/${room.name}/versions`, { name }),
  done: version => nodes('room.keep.done', names(version))
})

export const rename = (room, version, then) => act({
  title: t('room.rename.ask', { version: String(version.id) }), text: t('room.rename.text'), action: t('room.rename'), fields: [nameField(version.name ?? '')], then,
  run: ({ name }) => send('PATCH', at(room, version), { name }, undefined, of(version)),
  done: (_, { name }) => name === '' ? t('room.rename.none', names(version)) : nodes('room.rename.done', { ...names(version), name: foreign(name) })
})

// restore gives the document the content of a version, and names the version that has the document
// before.
export const restore = (room, version, then) => act({
  title: t('room.restore.ask', { version: String(version.id) }), action: t('room.restore'), danger: true, then,
  text: h('div', null, h('p', null, nodes('room.restore.text', names(version))), h('p', null, t('room.restore.people')), h('p', null, t('room.restore.kept'))),
  run: () => send('POST', at(room, version, '/restore'), undefined, undefined, of(version)),
  done: ({ kept }) => kept > 0 ? nodes('room.restore.done', { ...names(version), kept: String(kept) }) : t('room.restore.same', { version: String(version.id) })
})

export const removeVersion = (room, version, then) => act({
  title: t('room.deleteversion.ask', { version: String(version.id) }), action: t('room.deleteversion'), danger: true, then,
  text: nodes('room.deleteversion.text', names(version)),
  run: () => send('DELETE', at(room, version), undefined, undefined, of(version)),
  done: () => t('room.deleteversion.done', { version: String(version.id) })
})
