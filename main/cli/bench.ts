import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  measurements,
  runBench,
  runBeside,
  shapes,
  stages,
  syntheticModel,
  toBesideReport,
  toBesideTable,
  toStageTable,
  toReport,
  toTable,
} from '../bench/index.ts'
import { createHeadless } from '../headless.ts'
import type { ModelFiles } from '../headless.ts'
import { headlessPorts } from '../nodePorts.ts'
import { UsageError, integer, onOff, runCommand } from './usage.ts'

const DEFAULT_RUNS = 5
const names = measurements.map(({ name }) => name)
const stageNames = stages.map(({ name }) => name)
/** What is compared with other programs: the shape of both, and that of the newer family. */
const BESIDE_SHAPE = 'qwen2-vl-2b'
const BESIDE_NEWER_SHAPE = 'qwen3-vl-2b'

const USAGE = `sightline bench [options]

Measures speed and memory on this computer, and compares the speed with node-llama-cpp's own API in the same run.

  --model TEXT.gguf --mmproj PROJ.gguf   the model and its projector (default: the demo model)
  --synthetic [SHAPE]  a model of this shape with random weights, made once (2 GB in the cache folder):
                       ${shapes.map(({ id }) => id).join(', ')}; the first when none is named
  --runs N             how often each thing is measured (default: ${DEFAULT_RUNS})
  --thinking on|off    which prompts a model with a switch for thinking gets (default: off); the lengths
                       of what is generated are the same
  --only A,B           only these: ${names.join(', ')}
  --beside DIR         compares with the Sightline of another checkout, installed with npm ci, and with llama.cpp's
                       llama-mtmd-cli and llama-bench where they are on the PATH, all in turns; needs
                       --synthetic ${BESIDE_SHAPE} and 10 GB of free memory, and takes hours. --only then
                       knows ${stageNames.join(', ')}
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
  beside: string,
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
    const only = wanted(values.only, values.beside === undefined ? names : stageNames)
    const thinking = onOff('thinking', values.thinking ?? 'off')
    const say = (line: string) => void process.stderr.write(`${line}\n`)
    if (values.beside !== undefined) {
      const result = await runBeside({
        ports,
        models: {
          qwen2vl: await synthetic(BESIDE_SHAPE, ports, say),
          qwen3vl: await synthetic(BESIDE_NEWER_SHAPE, ports, say),
        },
        demoModel: demoModel(ports),
        checkout: path.resolve(values.beside),
        rounds: runs,
        stages: stages.filter(({ name }) => !only || only.includes(name)),
        onStage: (name) => say(`measuring ${name}`),
        // a run takes hours and may be cut off
        onStageEnd: (compared) => say(toStageTable(compared)),
      })
      process.stdout.write(values.json ? `${JSON.stringify(toBesideReport(result))}\n` : `\n${toBesideTable(result)}`)
      return 0
    }
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
    if (values.beside !== undefined) checkBeside(values.beside, values.synthetic)
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

/** @throws UsageError. */
function checkBeside(checkout: string, synthetic: string | undefined): void {
  if (synthetic !== BESIDE_SHAPE) throw new UsageError(`--beside needs --synthetic ${BESIDE_SHAPE}`)
  const hasAll = ['main/headless.ts', 'node_modules'].every((part) => existsSync(path.join(checkout, part)))
  if (!hasAll)
    throw new UsageError(`--beside wants another checkout of Sightline with its packages (npm ci), not "${checkout}"`)
}

function wanted(only: string | undefined, names: readonly string[]): string[] | null {
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
  if (values.synthetic) return synthetic(values.synthetic, ports, say)
  if (values.model) return { textPath: values.model, projectorPath: values.mmproj ?? null }
  return demoModel(ports)
}

/** The model of that shape, made when it is not there yet. @throws UsageError, AppError StorageFailed. */
function synthetic(
  id: string,
  ports: ReturnType<typeof headlessPorts>,
  say: (line: string) => void,
): Promise<ModelFiles> {
  return syntheticModel(ports.paths.cache, shapeOf(id), (file, bytes) =>
    say(`writing ${file} (${(bytes / 1e9).toFixed(1)} GB)`),
  )
}

function demoModel(ports: ReturnType<typeof headlessPorts>): ModelFiles {
  const { textPath, projectorPath } = createHeadless(ports).demoModel
  return { textPath, projectorPath }
}
