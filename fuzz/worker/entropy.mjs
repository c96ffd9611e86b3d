// Makes Yjs deterministic: its random numbers (client ids, guids) come from a generator that each request
// reseeds. Import this before anything that imports Yjs.
import { webcrypto } from 'node:crypto'
import { Random } from './random.mjs'

let source = new Random(0)

export const reseed = seed => { source = new Random(seed) }

const fill = words => {
  for (let i = 0; i < words.length; i++) words[i] = source.uint32()
  return words
}

Object.defineProperty(webcrypto, 'getRandomValues', { value: fill })
Math.random = () => source.float()
