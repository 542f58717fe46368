#!/usr/bin/env node
const USAGE = `sightline: ask questions about pictures on this computer

  sightline ask [options] "question"   answers one question (sightline ask --help)
  sightline read [options] FILE...     reads pictures of pages into one document
  sightline serve [options]            serves the window to a browser on this computer
  sightline bench [options]            measures speed and memory
  sightline export [options]           writes conversations to a file
  sightline import FILE...             takes over conversations, of Sightline and of other programs
  sightline models check FILE...       says what model files are, and whether they run
`

// each command loads only what it needs: a question does not wait for the server's code
const commands: Record<string, (argv: string[]) => Promise<number>> = {
  ask: async (argv) => (await import('./cli/ask.ts')).ask(argv),
  bench: async (argv) => (await import('./cli/bench.ts')).bench(argv),
  export: async (argv) => (await import('./cli/exchange.ts')).exportCommand(argv),
  import: async (argv) => (await import('./cli/exchange.ts')).importCommand(argv),
  read: async (argv) => (await import('./cli/read.ts')).read(argv),
  models: async (argv) => (await import('./cli/models.ts')).models(argv),
  serve: async (argv) => (await import('./cli/serve.ts')).serve(argv),
}

// who reads the output may have enough of it, as in `sightline ask ... | head`
process.stdout.on('error', () => {})

const [name = '', ...argv] = process.argv.slice(2)
const command = commands[name]
if (command) process.exitCode = await command(argv)
else if (name === '--help' || name === 'help') process.stdout.write(USAGE)
else {
  process.stderr.write(name ? `sightline: there is no command "${name}"\n\n${USAGE}` : USAGE)
  process.exitCode = 2
}

export {}
