// A process that is controlled by the tests: a JSON command a line on stdin, a JSON reply a line on
// stdout.
//
//   {"id": 1, "cmd": "open", "url": "ws://…", "room": "r"}   →   {"id": 1, "result": …} or {"id": 1, "error": "…"}
//
// Commands run concurrently, so that a wait does not delay an edit. The process ends when stdin
// does.
import { createInterface } from 'node:readline'
import { format } from 'node:util'

// serve executes commands, each with the function of its name. It calls ended before the process
// ends.
export const serve = (commands, ended = () => {}) => {
  const reply = message => process.stdout.write(JSON.stringify(message) + '\n')
  createInterface({ input: process.stdin }).on('line', async line => {
    const { id, cmd, ...args } = JSON.parse(line)
    try {
      reply({ id, result: (await commands[cmd](args)) ?? null })
    } catch (error) {
      reply({ id, error: error.stack ?? String(error) })
    }
  }).on('close', async () => {
    await ended()
    process.exit(0)
  })
}

// complaints collects everything that the libraries log as errors or warnings, and throw: a healthy
// run has neither.
export const complaints = poke => {
  const problems = []
  const complain = (...args) => {
    const text = format(...args)
    problems.push(text.slice(0, 1000))
    process.stderr.write(text + '\n')
    poke()
  }
  console.error = complain
  console.warn = complain
  process.on('uncaughtException', error => complain(error))
  process.on('unhandledRejection', error => complain(error))
  return problems
}
