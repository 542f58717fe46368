#!/usr/bin/env node
import { ask } from './cli/ask.ts'
import { bench } from './cli/bench.ts'
import { serve } from './cli/serve.ts'

const USAGE = `sightline: ask questions about pictures on this computer

  sightline ask [options] "question"   answers one question (sightline ask --help)
  sightline serve [options]            serves the window to a browser on this computer
  sightline bench [options]            measures speed and memory
`

const commands: Record<string, (argv: string[]) => Promise<number>> = { ask, bench, serve }

const [name = '', ...argv] = process.argv.slice(2)
const command = commands[name]
if (command) process.exitCode = await command(argv)
else if (name === '--help' || name === 'help') process.stdout.write(USAGE)
else {
  process.stderr.write(name ? `sightline: there is no command "${name}"\n\n${USAGE}` : USAGE)
  process.exitCode = 2
}
