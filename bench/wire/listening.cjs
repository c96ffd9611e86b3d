// Is loaded before a server with node --require, and prints the address on which the server listens.
const { Server } = require('node:net')

const listen = Server.prototype.listen
Server.prototype.listen = function (...args) {
  this.once('listening', () => {
    const { address, port } = this.address()
    console.log(`listening on http://${address}:${port}`)
  })
  return listen.apply(this, args)
}
