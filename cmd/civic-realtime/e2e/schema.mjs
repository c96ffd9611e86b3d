// Compares what docs say of the JSON messages with each other; see lib/driven.mjs for how it is driven.
import { serve } from './lib/driven.mjs'
import { examples } from './lib/examples.mjs'
import { mutants } from './lib/mutants.mjs'
import { errorCodes, kindOf, kinds } from './lib/schema.mjs'
import { accepted } from './lib/types.mjs'

// verdicts are what the schema and the types make of messages.
const verdicts = messages => {
  const types = accepted(messages)
  return messages.map(([side, message], i) =>
    ({ side, message: JSON.stringify(message), schema: kindOf(side, message) ?? '', types: types[i] }))
}

serve({
  kinds: () => ({ client: kinds('Client'), server: kinds('Server') }),
  codes: () => errorCodes,
  examples: () => verdicts(examples()),
  mutants: () => verdicts(examples().flatMap(([side, message]) => mutants(message).map(mutant => [side, mutant])))
})
