// The form of awareness updates: for each client its id, a clock, and its state in JSON.
import * as decoding from 'lib0/decoding'

export const decodeAwareness = bytes => {
  const decoder = decoding.createDecoder(bytes)
  return Array.from({ length: decoding.readVarUint(decoder) }, () => {
    const [client, clock] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    return { client, clock, state: JSON.parse(decoding.readVarString(decoder)) }
  })
}
