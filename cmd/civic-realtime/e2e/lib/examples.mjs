// The examples of JSON messages in docs/protocol.md.
import { readFileSync } from 'node:fs'

const sides = { 'Client to server': 'Client', 'Server to client': 'Server' }

// examples returns all of them as [side, message].
export const examples = () => {
  const doc = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8')
  const chapter = doc.split('\n## ').find(text => text.startsWith('JSON\n'))
  return chapter.split('\n### ').slice(1).flatMap(section => {
    const side = sides[section.slice(0, section.indexOf('\n'))]
    return [...section.matchAll(/^```json\n(.*?)^```$/gms)].flatMap(([, block]) => objects(block)).map(message => [side, message])
  })
}

// objects returns the JSON texts of a block: one a line, or one in several lines.
const objects = block => {
  const lines = block.trim().split('\n')
  return lines[0] === '{' ? [JSON.parse(block)] : lines.map(line => JSON.parse(line))
}
