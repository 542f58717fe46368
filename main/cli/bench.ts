import { parseArgs } from 'node:util'
import { measurements, runBench, shapes, syntheticModel, toReport, toTable } from '../bench/index.ts'
import { createHeadless } from '../headless.ts'
import type { ModelFiles } from '../headless.ts'
import { headlessPorts } from '../nodePorts.ts'
import { UsageError, integer, onOff, runCommand } from './usage.ts'

const DEFAULT_RUNS = 5
const names = measurements.map(({ name }) => name)

const USAGE = `sightline bench [options]

Measures speed and memory on this computer, and compares the speed with node-llama-cpp's own API in the same run.

  --model TEXT.gguf --mmproj PROJ.gguf   the model and its projector (default: the demo model)
  --synthetic [SHAPE]  a model of this shape with random weights, made once (2 GB in the cache folder):
                       ${shapes.map(({ id }) => id).join(', ')}; the first when none is named
  --runs N             how often each thing is measured (default: ${DEFAULT_RUNS})
  --thinking on|off    which prompts a model with a switch for thinking gets (default: off); the lengths
                       of what is generated are the same
  --only A,B           only these: ${names.join(', ')}
  --json               print one JSON object instead of a table

Exit codes: 0 measured, 2 bad usage, 3 bad input, 4 engine failure.
`

const string = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const options = {
  model: string,
  mmproj: string,
  synthetic: string,
  runs: string,
  only: string,
  thinking: string,
  json: flag,
  help: flag,
} as const

/** `sightline bench`: figures and ratios on standard output. Returns the exit code. */
export function bench(argv: string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const values = parse(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    const ports = headlessPorts()
    const runs = integer('runs', values.runs, 1) ?? DEFAULT_RUNS
    const only = wanted(values.only)
    const thinking = onOff('thinking', values.thinking ?? 'off')
    const say = (line: string) => void process.stderr.write(`${line}\n`)
    const { measured, machine, model } = await runBench({
      ports,
      model: await chosenModel(values, ports, say),
      runs,
      only,
      thinking,
      onMeasure: (name) => say(`measuring ${name}`),
    })
    process.stdout.write(
      values.json
        ? `${JSON.stringify(toReport(measured, machine, model))}\n`
        : `\n${toTable(measured, machine, model)}`,
    )
    return 0
  })
}

function parse(argv: string[]) {
  try {
    const { values } = parseArgs({ args: withShape(argv), options, strict: true })
    if (values.mmproj && !values.model) throw new UsageError('--mmproj needs --model')
    if (values.synthetic && values.model) throw new UsageError('--synthetic and --model do not go together')
    return values
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message)
  }
}

/** `--synthetic` alone means the first shape. */
function withShape(argv: readonly string[]): string[] {
  return argv.flatMap((argument, i) => {
    const isAlone = argument === '--synthetic' && (argv[i + 1] === undefined || argv[i + 1]!.startsWith('--'))
    return isAlone ? [`--synthetic=${shapes[0]!.id}`] : [argument]
  })
}

/** The shape of that name. @throws UsageError. */
function shapeOf(id: string): (typeof shapes)[number] {
  const shape = shapes.find((one) => one.id === id)
  if (!shape) throw new UsageError(`--synthetic knows ${shapes.map((one) => one.id).join(', ')}, not "${id}"`)
  return shape
}

function wanted(only: string | undefined): string[] | null {
  if (only === undefined) return null
  const chosen = only.split(',').map((name) => name.trim())
  const unknown = chosen.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError(`--only knows ${names.join(', ')}, not "${unknown}"`)
  return chosen
}

async function chosenModel(
  values: ReturnType<typeof parse>,
  ports: ReturnType<typeof headlessPorts>,
  say: (line: string) => void,
): Promise<ModelFiles> {
  if (values.synthetic)
    return syntheticModel(ports.paths.cache, shapeOf(values.synthetic), (file, bytes) =>
      say(`writing ${file} (${(bytes / 1e9).toFixed(1)} GB)`),
    )
  if (values.model) return { textPath: values.model, projectorPath: values.mmproj ?? null }
  const { textPath, projectorPath } = createHeadless(ports).demoModel
  return { textPath, projectorPath }
}
