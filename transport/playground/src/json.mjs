// Messages of the JSON protocol, in words. docs/protocol.md describes them.
import { quote, describeAwareness, describeCursor, describeState, describeUpdate } from './update.mjs'
import { t } from './strings.mjs'

const fromBase64 = text => Uint8Array.from(atob(text), char => char.charCodeAt(0))

const message = (kind, title, { words, lines }) => ({ kind, words: words ? t('titled', { title, words }) : title, lines })

const plain = (kind, title, words = '') => message(kind, title, { words, lines: [] })

const sync = ({ update, event, stateVector, version, from }, names) => {
  if (update === undefined) return message('document', t('message.request'), stateVector ? describeState(fromBase64(stateVector), names) : { words: '', lines: [] })
  const { words, lines } = describeUpdate(fromBase64(update), names)
  const more = [version === undefined ? null : t('json.version', { version }), from === undefined ? null : t('json.from', { user: from })]
  return message('document', t(event === 'reply' ? 'message.reply' : 'message.update'), { words, lines: [...lines, ...more.filter(Boolean)] })
}

const roomState = ({ participants = [], yjsState, version, more = 0 }, names) => {
  const document = describeUpdate(fromBase64(yjsState), names)
  const people = participants.map(({ name }) => name)
  const words = [t('json.people', { count: people.length }), t('json.version', { version }), document.words]
  return message('document', t('message.roomstate'), { words: words.join(', '), lines: [...people, ...document.lines, ...more > 0 ? [t('json.parts', { count: more })] : []] })
}

const control = (data, names) => {
  switch (data.event) {
    case 'room_state': return roomState(data.room, names)
    case 'ack': return plain('other', t('message.ack'), t('json.stored', { count: data.count, version: data.version }))
    case 'access': return plain('other', t('message.access'), t(data.readOnly ? 'json.readonly' : 'json.write'))
    case 'error': return plain('other', t('message.error'), `${data.error.code} – ${data.error.message}`)
    case 'notice': return plain('other', t('message.notice'), data.notice.message)
  }
  return plain('other', `control ${data.event}`)
}

const presence = (data, names) => {
  const { event, user, awareness } = data
  if (awareness !== undefined) return message('awareness', t('message.awareness'), describeAwareness(fromBase64(awareness), names))
  if (event === 'joined' || event === 'left') return plain('awareness', t(`message.${event}`), user ? quote(user.name ?? user.id) : '')
  if (event !== 'cursor') return plain('awareness', quote(String(event)))
  const words = describeCursor(data.cursor, names)
  return message('awareness', t('message.cursor'), { words, lines: [JSON.stringify(data.cursor ?? null)] })
}

// describe returns the message of a frame, as a list.
export const describe = (text, names) => {
  const data = JSON.parse(text)
  if (data.type === 'sync') return [sync(data, names)]
  if (data.type === 'control') return [control(data, names)]
  if (data.type === 'presence') return [presence(data, names)]
  return [plain('other', data.type)]
}
