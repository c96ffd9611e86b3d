// civicpress.v1.json: text frames, with bytes in base64.
const bytes = ['update', 'stateVector', 'yjsState', 'awareness']

// Arguments of one call are limited, so bytes become characters in pieces.
const pieceBytes = 0x8000

const toBase64 = (key, value) => {
  if (!(value instanceof Uint8Array)) return value
  let chars = ''
  for (let i = 0; i < value.length; i += pieceBytes) chars += String.fromCharCode(...value.subarray(i, i + pieceBytes))
  return btoa(chars)
}

const fromBase64 = (key, value) =>
  bytes.includes(key) && typeof value === 'string' ? Uint8Array.from(atob(value), char => char.charCodeAt(0)) : value

export const json = {
  subprotocol: 'civicpress.v1.json',

  encode: message => JSON.stringify(message, toBase64),

  decode: text => JSON.parse(text, fromBase64)
}
