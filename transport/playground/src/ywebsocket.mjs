// Frames of the protocol of y-websocket, in words.
import * as decoding from 'lib0/decoding'
import { t } from './strings.mjs'
import { describeAwareness, describeState, describeUpdate } from './update.mjs'

const message = (kind, title, { words, lines }) => ({ kind, words: t('titled', { title, words }), lines })

const readSync = (decoder, names) => {
  const type = decoding.readVarUint(decoder)
  const bytes = decoding.readVarUint8Array(decoder)
  if (type === 0) return message('document', t('message.step1'), describeState(bytes, names))
  return message('document', t(type === 1 ? 'message.step2' : 'message.update'), describeUpdate(bytes, names))
}

const readOther = (type, decoder) => {
  decoder.pos = decoder.arr.length
  return { kind: 'other', words: t('message.unknown', { type }), lines: [] }
}

const readMessage = (decoder, names) => {
  const type = decoding.readVarUint(decoder)
  if (type === 0) return readSync(decoder, names)
  if (type === 1) return message('awareness', t('message.awareness'), describeAwareness(decoding.readVarUint8Array(decoder), names))
  if (type === 3) return { kind: 'awareness', words: t('message.queryawareness'), lines: [] }
  if (type !== 2 || decoding.readVarUint(decoder) !== 0) return readOther(type, decoder)
  return { kind: 'other', words: t('message.denied', { reason: decoding.readVarString(decoder) }), lines: [] }
}

// describe returns the messages of a frame.
export const describe = (bytes, names) => {
  const decoder = decoding.createDecoder(bytes)
  const messages = []
  do messages.push(readMessage(decoder, names))
  while (decoding.hasContent(decoder))
  return messages
}
