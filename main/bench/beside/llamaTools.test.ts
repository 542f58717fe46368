import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { findLlamaTools, parseLlamaBench, parseMtmd, runLlamaBench, runMtmd } from './llamaTools.ts'

/** As `llama-bench -o jsonl` 0.7.0 prints one test, its objects' other values left out. */
const jsonLine = (prompt: number, generated: number, speed: number) =>
  `{"build_commit": "Debian", "build_number": 11669, "cpu_info": "AMD EPYC", "backends": "CPU", "n_threads": 2, ` +
  `"n_prompt": ${prompt}, "n_gen": ${generated}, "n_depth": 0, "test_time": "2026-11-30T13:19:29Z", ` +
  `"avg_ns": 82138351, "stddev_ns": 0, "avg_ts": ${speed}, "stddev_ts": 0.000000, ` +
  `"samples_ns": [ 82138351 ],"samples_ts": [ ${speed} ]}\n`

/** What llama-mtmd-cli 0.7.0 says before it encodes. */
const MTMD_BEGIN = `warning: no usable GPU found, --gpu-layers option will be ignored
0.00.290.413 W load_hparams: Qwen-VL models require at minimum 1024 image tokens to function correctly
0.00.383.409 I mtmd_cli_context: chat template example:
<|im_start|>system
You are a helpful assistant<|im_end|>

0.00.390.592 I main: loading model: text.gguf
0.01.305.794 I encoding mtmd batch, n_chunks = 1 (done = 1, total = 3)
`

describe('what llama-bench prints', () => {
  it('has the tokens a second of its test', () => {
    expect(parseLlamaBench(jsonLine(64, 0, 779.173178))).toBe(779.173178)
  })

  it('may stand among what libraries say', () => {
    expect(parseLlamaBench(`load_backend: loaded CPU backend\n${jsonLine(0, 16, 28.5)}`)).toBe(28.5)
  })

  it.each(['', 'error: failed to load model\n', '{"n_prompt": 64}\n', jsonLine(64, 0, 0)])(
    'is refused without a speed: %j',
    (output) => {
      expect(() => parseLlamaBench(output)).toThrow('llama-bench printed no time that is known')
    },
  )
})

describe('what llama-mtmd-cli prints', () => {
  it('has the time of encoding as 0.7.0 says it', () => {
    expect(parseMtmd(`${MTMD_BEGIN}0.02.833.243 I mtmd batch encoding done in 27414 ms\n\n\n`)).toBe(27414)
  })

  it.each([
    'image slice encoded in 27414 ms\n',
    'image/slice encoded in 27414 ms\n',
    'main: image encoded in 27414 ms\n',
  ])('has it as earlier versions say it: %j', (line) => {
    expect(parseMtmd(`encoding image slice...\n${line}decoding image batch 1/1, n_tokens_batch = 256\n`)).toBe(27414)
  })

  it('has none before that, and takes no other time for it', () => {
    expect(parseMtmd(MTMD_BEGIN)).toBeNull()
    expect(parseMtmd('0.04.085.475 I image decoded (batch 1/1) in 1261 ms\n')).toBeNull()
  })
})

describe.skipIf(process.platform === 'win32')('programs on the PATH', () => {
  const folder = tempFolder()
  afterAll(() => folder.remove())

  function program(name: string, script: string): string {
    const file = join(folder.path, name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    return file
  }
  const say = (text: string) => `cat <<'END'\n${text}END\n`
  const bench = { textPath: 'text.gguf', threads: 2, promptTokens: 256, generatedTokens: 128 }
  const mtmd = { textPath: 'text.gguf', projectorPath: 'mmproj.gguf', picturePath: 'picture.png', threads: 2 }

  it('are found, those that can be run, and missed', () => {
    writeFileSync(join(folder.path, 'llama-mtmd-cli'), 'not a program', { mode: 0o644 })
    const file = program('llama-bench', 'true')
    expect(findLlamaTools(['/nowhere', folder.path].join(delimiter))).toEqual({
      'llama-bench': file,
      'llama-mtmd-cli': null,
    })
    expect(findLlamaTools('')).toEqual({ 'llama-bench': null, 'llama-mtmd-cli': null })
  })

  it('measure prefill, and generation behind a prompt of the same length', async () => {
    const file = program(
      'bench',
      `case "$*" in
  *" -p 256 -n 0") ${say(jsonLine(256, 0, 61.5))} ;;
  *" -p 0 -n 128 -d 256") ${say(jsonLine(0, 128, 30.25))} ;;
esac`,
    )
    expect(await runLlamaBench(file, bench)).toEqual({ prefill: 61.5, generation: 30.25 })
  })

  it('are ended once the time of encoding is known, whatever they would do then', async () => {
    const file = program(
      'mtmd',
      `${say(`${MTMD_BEGIN}0.02.833 I mtmd batch encoding done in 1528 ms\n`)} exec tail -f /dev/null`,
    )
    expect(await runMtmd(file, mtmd)).toBe(1528)
  })

  it('say how they ended when they failed', async () => {
    const file = program('failing', 'echo "error: failed to open text.gguf" >&2; exit 3')
    await expect(runMtmd(file, mtmd)).rejects.toThrow('failing ended with 3: error: failed to open text.gguf')
    await expect(runLlamaBench(join(folder.path, 'nothing'), bench)).rejects.toThrow('nothing could not be started')
    await expect(runMtmd(program('silent', 'echo hello'), mtmd)).rejects.toThrow('no time that is known')
  })
})
