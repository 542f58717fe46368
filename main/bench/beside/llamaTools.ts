import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { AppError } from '#contract'

/** llama.cpp's programs that are measured beside the engine: their paths, or null where they are not installed. */
export interface LlamaTools {
  readonly 'llama-bench': string | null
  readonly 'llama-mtmd-cli': string | null
}

/** Looks for them in the folders of PATH. */
export function findLlamaTools(searchPath = process.env['PATH'] ?? ''): LlamaTools {
  const find = (name: string) => {
    const file = process.platform === 'win32' ? `${name}.exe` : name
    const places = searchPath.split(path.delimiter).filter(Boolean)
    return places.map((folder) => path.join(folder, file)).find(isProgram) ?? null
  }
  return { 'llama-bench': find('llama-bench'), 'llama-mtmd-cli': find('llama-mtmd-cli') }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface LlamaBenchOptions {
  readonly textPath: string
  readonly threads: number
  readonly promptTokens: number
  /** Generated after a prompt of `promptTokens`, as the engine generates them. */
  readonly generatedTokens: number
}

/** Tokens a second of computing a prompt and of generating behind it. @throws AppError EngineFailed. */
export async function runLlamaBench(
  program: string,
  options: LlamaBenchOptions,
): Promise<{ prefill: number; generation: number }> {
  const { textPath, threads, promptTokens, generatedTokens } = options
  const common = ['-m', textPath, '-t', String(threads), '-ngl', '0', '-r', '1', '-o', 'jsonl']
  const prefill = await runProgram(program, [...common, '-p', String(promptTokens), '-n', '0'])
  const generation = await runProgram(program, [
    ...common,
    ...['-p', '0', '-n', String(generatedTokens), '-d', String(promptTokens)],
  ])
  return { prefill: parseLlamaBench(prefill), generation: parseLlamaBench(generation) }
}

/** Tokens a second of the only test in what `llama-bench -o jsonl` prints: one object a line. @throws AppError EngineFailed. */
export function parseLlamaBench(output: string): number {
  const line = output.split('\n').find((one) => one.startsWith('{'))
  const speed = line && (JSON.parse(line) as { avg_ts?: unknown }).avg_ts
  if (typeof speed !== 'number' || !(speed > 0)) throw unreadable('llama-bench', output)
  return speed
}

const CONTEXT_TOKENS = 4096

export interface MtmdOptions {
  readonly textPath: string
  readonly projectorPath: string
  readonly picturePath: string
  readonly threads: number
}

/**
 * Milliseconds that llama-mtmd-cli says it encoded a picture in. It is ended as soon as it has said so: what follows is
 * prefill. @throws AppError EngineFailed.
 */
export async function runMtmd(program: string, options: MtmdOptions): Promise<number> {
  const { textPath, projectorPath, picturePath, threads } = options
  const files = ['-m', textPath, '--mmproj', projectorPath, '--image', picturePath]
  const rest = [
    ...['-t', String(threads), '-ngl', '0', '--no-mmproj-offload', '--no-warmup'],
    // enough for the picture: the trained context of some models takes more memory than there is
    ...['-c', String(CONTEXT_TOKENS)],
    // the synthetic files have no chat template of their own, without which it does not begin
    ...['--chat-template', 'chatml'],
  ]
  const output = await runProgram(
    program,
    [...files, ...rest, '-p', 'What is this?', '-n', '1'],
    (text) => parseMtmd(text) !== null,
  )
  const ms = parseMtmd(output)
  if (ms === null) throw unreadable('llama-mtmd-cli', output)
  return ms
}

/** "mtmd batch encoding done in 27414 ms" as of 0.7.0; earlier "image slice encoded in 27414 ms". */
const ENCODED = /^.*\b(?:mtmd batch encoding done|image(?:[ /]slice)? encoded) in (\d+) ms\s*$/m

/** The milliseconds in what llama-mtmd-cli prints; null before it has. */
export function parseMtmd(output: string): number | null {
  const found = ENCODED.exec(output)
  return found && Number(found[1])
}

function unreadable(tool: string, output: string): AppError {
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  return new AppError('EngineFailed', `${tool} printed no time that is known. It ended with: ${last}`)
}

/** What a program prints. `isEnough` sees all of it so far, after whole lines; once true, the program is ended. */
function runProgram(
  program: string,
  options: readonly string[],
  isEnough: (output: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let isDone = false
    const read = (text: string) => {
      output += text
      if (isDone || !text.includes('\n') || !isEnough(output.slice(0, output.lastIndexOf('\n') + 1))) return
      isDone = true
      child.kill('SIGKILL')
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read)
    const name = path.basename(program)
    child.once('error', (cause) =>
      reject(new AppError('EngineFailed', `${name} could not be started: ${cause.message}`, undefined, { cause })),
    )
    child.once('close', (code, signal) => {
      if (isDone || code === 0) resolve(output)
      else
        reject(
          new AppError(
            'EngineFailed',
            `${name} ended with ${code ?? signal}: ${output.trimEnd().split('\n').at(-1) ?? ''}`,
          ),
        )
    })
  })
}
