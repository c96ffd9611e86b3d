// The JSON messages by docs/protocol.schema.json.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'

const schema = JSON.parse(readFileSync(new URL('../../../../docs/protocol.schema.json', import.meta.url)))
const ajv = new Ajv({ allErrors: true, strict: true })
ajv.addSchema(schema, 'protocol')

const compiled = name => ajv.getSchema(`protocol#/$defs/${name}`)
const messagesOf = side => schema.$defs[`${side}Message`].anyOf.map(({ $ref }) => $ref.split('/').at(-1))

const messages = { Client: messagesOf('Client'), Server: messagesOf('Server') }

// errorCodes are the codes that an error may have.
export const errorCodes = schema.$defs.ErrorCode.enum

// kinds returns the names of all messages of a side, Client or Server.
export const kinds = side => messages[side]

// kindOf returns the name of a message of a side, undefined if it is invalid.
export const kindOf = (side, message) => messages[side].find(name => compiled(name)(message))

// Checked collects the kinds of the messages of a connection, and logs an error for an invalid one.
export class Checked {
  constructor () { this.kinds = new Set() }

  add (side, text) {
    const kind = kindOf(side, JSON.parse(text))
    if (kind) this.kinds.add(kind)
    else console.error(`no ${side}Message of docs/protocol.schema.json: ${text.slice(0, 500)}`)
  }
}
