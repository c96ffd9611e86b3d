// @hocuspocus/server as it comes: no extensions, nothing stored.
import { Server } from '@hocuspocus/server'

await new Server({ address: '127.0.0.1', port: 0, quiet: true }).listen()
