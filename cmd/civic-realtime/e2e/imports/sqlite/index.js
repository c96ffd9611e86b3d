// Takes the place of better-sqlite3, which is compiled when it is installed: the real extension of
// Hocuspocus runs with the real SQLite that Node has built in. What the extension calls is the same
// in both: new, exec, prepare, and a statement's get and run with parameters by their names.
export { DatabaseSync as default } from 'node:sqlite'
