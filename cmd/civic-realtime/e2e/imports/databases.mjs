// Makes databases by SQLite itself, of all forms that are read: node databases.mjs FOLDER [small]. For each
// NAME.sqlite there is NAME.json with the rows that it has: names, and sizes of data, which repeats
// the name. Those that end with "killed" were not closed.
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const [folder, small] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

const data = (name, size) => Buffer.alloc(size, name + '\n')
const schema = 'CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL, "data" blob NOT NULL, UNIQUE(name))'
const upsert = 'INSERT INTO "documents" ("name", "data") VALUES ($name, $data) ON CONFLICT(name) DO UPDATE SET data = $data'

// fill stores documents of many sizes, replaces some, deletes some, and returns those that stay.
const fill = (db, rows, count, largest, scale) => {
  const store = (name, size) => {
    db.prepare(upsert).run({ name, data: data(name, size) })
    rows.set(name, size)
  }
  for (let i = 0; i < count; i++) store(`document ${i}`, i * i * 7 * scale % largest)
  for (let i = 0; i < count; i += 3) store(`document ${i}`, i * i * 11 * scale % largest)
  for (let i = 1; i < count; i += 4) {
    db.prepare('DELETE FROM documents WHERE name = ?').run(`document ${i}`)
    rows.delete(`document ${i}`)
  }
  store('Straße', 5)
}

const make = (name, { pragmas = [], count = small ? 10 : 40, largest = small ? 2500 : 9000, scale = small ? 41 : 1, table = schema, killed = false }) => {
  const path = join(folder, name + '.sqlite')
  const at = killed ? path + '.open' : path
  const db = new DatabaseSync(at)
  if (!killed) db.exec('PRAGMA synchronous=off')
  for (const pragma of pragmas) db.exec(`PRAGMA ${pragma}`)
  db.exec('CREATE TABLE other (a, b)')
  db.exec(table)
  const rows = new Map()
  fill(db, rows, count, largest, scale)
  if (killed) killed(db, rows, at)
  for (const suffix of killed ? ['', '-wal', '-journal'] : []) {
    if (existsSync(at + suffix)) copyFileSync(at + suffix, path + suffix)
  }
  db.close()
  if (killed) rmSync(at)
  writeFileSync(join(folder, name + '.json'), JSON.stringify(Object.fromEntries(rows)))
}

const ofPages = size => ({ pragmas: [`page_size=${small ? 512 : size}`] })

make('pages-512', ofPages(512))
if (!small) {
  for (const size of [1024, 4096, 65536]) make(`pages-${size}`, ofPages(size))
  make('many', { ...ofPages(512), count: 2000, largest: 300 })
  make('large', { count: 3, largest: 9e6, scale: 1e5 })
}
make('utf16', { pragmas: ['encoding="UTF-16be"', ...ofPages(1024).pragmas] })
make('columns', { ...ofPages(4096), table: 'CREATE TABLE documents (id INTEGER PRIMARY KEY, [created, at] text DEFAULT (\'a,b\'), `data` blob, "Name" text UNIQUE)' })

// The write-ahead log has everything, and is not copied to the database.
const wal = [...ofPages(4096).pragmas, 'journal_mode=wal', 'wal_autocheckpoint=0']
make('wal-killed', { pragmas: wal, killed: () => {} })

// A part of the log is in the database, and the log is used again from its beginning.
make('wal-again-killed', {
  pragmas: wal,
  killed (db, rows) {
    db.exec('PRAGMA wal_checkpoint(RESTART)')
    db.prepare(upsert).run({ name: 'after', data: data('after', 3000) })
    rows.set('after', 3000)
    db.exec('PRAGMA cache_size=5')
    db.exec('BEGIN')
    for (let i = 0; i < 20; i++) db.prepare(upsert).run({ name: `not committed ${i}`, data: data('x', 2000) })
  }
})

// A transaction has changed the database, and is not committed: the cache is too small for it. The
// header of an unsynced journal does not say how many pages it has.
for (const synchronous of ['full', 'off']) {
  make(`journal-${synchronous}-killed`, {
    pragmas: ['cache_size=5', `synchronous=${synchronous}`, ...ofPages(1024).pragmas],
    killed (db) {
      db.exec('BEGIN')
      for (let i = 0; i < 20; i++) db.prepare(upsert).run({ name: `document ${i}`, data: data('not committed', 2000) })
    }
  })
}
