// An editing trace, a list of [position, deleted, inserted?]: the one in the given
// file, else a generated one.
import fs from 'node:fs'
import zlib from 'node:zlib'

// In the shape of the B4 one, for machines that do not have it: mostly typing
// forward, some of it deleted again, the cursor jumping now and then.
function generated (edits) {
  let seed = 1
  const random = n => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed % n }
  const trace = []
  let length = 0
  for (let cursor = 0; trace.length < edits;) {
    if (random(40) === 0) cursor = random(length + 1)
    if (random(10) < 3 && cursor > 0) {
      trace.push([--cursor, 1])
      length--
    } else {
      trace.push([cursor++, 0, String.fromCharCode(97 + random(26))])
      length++
    }
  }
  return trace
}

export const load = path => path ? JSON.parse(zlib.gunzipSync(fs.readFileSync(path))) : generated(259778)

// Each of updates behind its length, 4 bytes little-endian.
export const framed = updates => Buffer.concat(updates.flatMap(u => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(u.length)
  return [length, u]
}))
