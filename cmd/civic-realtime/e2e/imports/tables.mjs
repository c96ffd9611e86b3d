// Makes a LevelDB database by LevelDB itself: node tables.mjs FOLDER. It has several tables and a
// log, with keys that are overwritten or deleted, and is not closed. expected.json in it has the
// keys and their values in base64.
import { ClassicLevel } from 'classic-level'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = process.argv[2]
const open = mkdtempSync(join(tmpdir(), 'tables-'))
const db = new ClassicLevel(open, { valueEncoding: 'buffer', writeBufferSize: 32 << 10, blockSize: 1024 })
const expected = {}

let seed = 7
const random = n => (seed = seed * 48271 % 2147483647) % n
const noise = size => Buffer.from(Array.from({ length: size }, () => 32 + random(90)))

for (let i = 0; i < 450; i++) {
  const key = `key ${String(random(150)).padStart(4, '0')}`
  if (random(5) === 0) {
    await db.del(key)
    delete expected[key]
    continue
  }
  const value = random(2) ? noise(random(600)) : Buffer.alloc(random(1500), 97 + random(26))
  await db.put(key, value)
  expected[key] = value.toString('base64')
}
await db.batch([
  { type: 'put', key: 'large', value: Buffer.alloc(40_000, 'large') },
  { type: 'put', key: 'last', value: Buffer.from('last') },
  { type: 'del', key: 'key 0007' }
])
Object.assign(expected, { large: Buffer.alloc(40_000, 'large').toString('base64'), last: Buffer.from('last').toString('base64') })
delete expected['key 0007']

mkdirSync(folder, { recursive: true })
for (const file of readdirSync(open)) if (file !== 'LOCK' && file !== 'LOG') copyFileSync(join(open, file), join(folder, file))
writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected))
await db.close()
rmSync(open, { recursive: true })
