// @hocuspocus/server without extensions. It stores nothing.
import { Server } from '@hocuspocus/server'

await new Server({ address: '127.0.0.1', port: 0, quiet: true }).listen()
