// Compares the descriptions of the JSON messages in docs; lib/driven.mjs describes how it is
// controlled.
import { serve } from './lib/driven.mjs'
import { examples } from './lib/examples.mjs'
import { mutants } from './lib/mutants.mjs'
import { errorCodes, kindOf, kinds } from './lib/schema.mjs'
import { accepted } from './lib/types.mjs'

// verdicts classifies messages by the schema and by the types.
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
