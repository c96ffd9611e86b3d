// Bytes as people read them: an offset, sixteen bytes, and their characters in ASCII.
const width = 16

const printable = byte => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'

export const dump = bytes => {
  const lines = []
  for (let at = 0; at < bytes.length; at += width) {
    const row = [...bytes.subarray(at, at + width)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(width * 3 - 1)}  ${row.map(printable).join('')}`)
  }
  return lines.join('\n')
}
