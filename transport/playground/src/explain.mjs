// A frame that has travelled, with what it says.
import { describe as describeJSON } from './json.mjs'
import { t } from './strings.mjs'
import { describe as describeYWebsocket } from './ywebsocket.mjs'

const encoder = new TextEncoder()

const describe = (data, names) => {
  try {
    return typeof data === 'string' ? describeJSON(data, names) : describeYWebsocket(data, names)
  } catch (error) {
    return [{ kind: 'other', words: t('message.unreadable', { reason: error.message }), lines: [] }]
  }
}

const kinds = ['document', 'awareness', 'other']

// explain returns what Frames.add takes.
export const explain = (pane, noted, names) => {
  const at = Date.now()
  const { event, code, reason, data } = noted
  if (event) {
    const words = event === 'opened' ? t('socket.opened') : t('socket.closed', { code: String(code), reason: reason || t('state.noreason') })
    return { pane, at, event, kind: 'other', messages: [{ words, lines: [] }] }
  }
  const messages = describe(data, names)
  const kind = kinds.find(kind => messages.some(message => message.kind === kind))
  return { pane, at, ...noted, kind, messages, size: typeof data === 'string' ? encoder.encode(data).length : data.length }
}
