// Holds a store open until stdin ends: node hold.mjs y-leveldb|sqlite PATH.
import { DatabaseSync } from 'node:sqlite'
import { ClassicLevel } from 'classic-level'

const [kind, path] = process.argv.slice(2)
let held
if (kind === 'sqlite') {
  held = new DatabaseSync(path)
  held.exec('PRAGMA journal_mode=wal')
  held.exec('CREATE TABLE IF NOT EXISTS documents (name varchar(255), data blob)')
} else {
  held = new ClassicLevel(path)
  await held.open()
}
console.log('open')
process.stdin.resume().on('end', () => process.exit(0))
