// The JSON messages by docs/protocol.d.ts.
import { readFileSync } from 'node:fs'
import ts from 'typescript'

const declarations = readFileSync(new URL('../../../../docs/protocol.d.ts', import.meta.url), 'utf8')

// accepted returns for each [side, message] whether the compiler accepts the message as a
// ClientMessage or ServerMessage.
export const accepted = messages => {
  const rows = messages.map(([side, message], i) => `const m${i} = ${JSON.stringify(message)} as const; is${side}(m${i});`)
  const errors = errorsByLine([
    "import type { ClientMessage, ServerMessage } from './protocol'; declare function isClient(m: ClientMessage): void; declare function isServer(m: ServerMessage): void;",
    ...rows
  ].join('\n'))
  if (errors.has(0)) throw new Error(errors.get(0))
  return messages.map((_, i) => !errors.has(i + 1))
}

// errorsByLine compiles text, which may import the declarations, and returns the compiler's errors
// by line. Errors in the declarations themselves count for line 0.
const errorsByLine = text => {
  const files = { '/protocol.ts': declarations, '/messages.ts': text }
  const options = { strict: true, noEmit: true, skipLibCheck: true, lib: ['lib.es5.d.ts'], types: [], exactOptionalPropertyTypes: true }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, version) => files[name] ? ts.createSourceFile(name, files[name], version) : getSourceFile(name, version)
  host.fileExists = name => name in files || fileExists(name)
  host.readFile = name => files[name] ?? readFile(name)
  const errors = new Map()
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(ts.createProgram(Object.keys(files), options, host))) {
    const line = file?.fileName === '/messages.ts' ? file.getLineAndCharacterOfPosition(start).line : 0
    errors.set(line, ts.flattenDiagnosticMessageText(messageText, '\n'))
  }
  return errors
}
