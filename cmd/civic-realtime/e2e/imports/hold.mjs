// Holds a store open until stdin ends: node hold.mjs y-leveldb|sqlite PATH.
import BetterSqlite3 from 'better-sqlite3'
import { ClassicLevel } from 'classic-level'

const [kind, path] = process.argv.slice(2)
let held
if (kind === 'sqlite') {
  held = new BetterSqlite3(path)
  held.pragma('journal_mode=wal')
  held.exec('CREATE TABLE IF NOT EXISTS documents (name varchar(255), data blob)')
} else {
  held = new ClassicLevel(path)
  await held.open()
}
console.log('open')
process.stdin.resume().on('end', () => process.exit(0))
