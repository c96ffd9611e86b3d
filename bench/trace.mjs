// An editing trace, a list of [position, deleted, inserted?]: that of the given file, or else a generated
// one.
import fs from 'node:fs'
import zlib from 'node:zlib'

// Generates a trace like B4, for machines that do not have B4: bursts of typing, some of each deleted again,
// and a cursor that jumps now and then. Its 182,887 insertions leave 105,996 characters in 10,345 structs,
// B4's 182,315 leave 104,852 in 10,971.
function generated (edits) {
  let seed = 1
  const random = n => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 8) % n }
  const trace = []
  let length = 0
  for (let cursor = 0; trace.length < edits;) {
    if (random(6) === 0) cursor = random(length + 1)
    for (let n = 1 + random(60); n > 0; n--, length++) trace.push([cursor++, 0, String.fromCharCode(97 + random(26))])
    for (let n = Math.min(cursor, 1 + random(25)); n > 0; n--, length--) trace.push([--cursor, 1])
  }
  return trace.slice(0, edits)
}

export const load = path => path ? JSON.parse(zlib.gunzipSync(fs.readFileSync(path))) : generated(259778)

// Returns updates in one buffer, each behind its length, 4 bytes little-endian.
export const framed = updates => Buffer.concat(updates.flatMap(u => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(u.length)
  return [length, u]
}))
