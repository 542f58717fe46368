import { afterEach, describe, expect, it, vi } from 'vitest'
import { bench } from './bench.ts'

/** Runs the command; what it wrote and its exit code. */
async function run(...argv: string[]) {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  const code = await bench(argv)
  vi.restoreAllMocks()
  return { code, out, err }
}

describe('sightline bench', () => {
  afterEach(() => vi.restoreAllMocks())

  it('explains itself', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    expect(out).toContain('--synthetic')
  })

  it.each([
    [['--runs', '0'], 'at least 1'],
    [['--runs', 'many'], 'whole number'],
    [['--mmproj', 'p.gguf'], '--mmproj needs --model'],
    [['--synthetic', '--model', 't.gguf'], 'do not go together'],
    [['--only', 'load,nonsense'], '--only knows'],
    [['--thinking', 'maybe'], '--thinking wants on or off'],
    [['--beside', '.'], '--beside needs --synthetic qwen2-vl-2b'],
    [['--beside', '/nowhere', '--synthetic', 'qwen2-vl-2b'], '--beside wants another checkout'],
    [['--beside', '.', '--synthetic', 'qwen2-vl-2b', '--only', 'load'], '--only knows encode_448'],
    [['--nonsense'], 'nonsense'],
    [['stray'], 'stray'],
  ])('refuses %j as bad usage', async (argv, message) => {
    const { code, out, err } = await run(...argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(message)
  })

  it('says which model is missing', async () => {
    const { code, err } = await run('--model', '/nowhere/text.gguf')
    expect(code).toBe(3)
    expect(err).toMatch(/^ModelNotFound: /)
  })

  it('measures the demo model and prints one object with figures and ratios', async () => {
    const { code, out } = await run('--runs', '1', '--json')
    expect(code).toBe(0)
    const { figures, ratios, spreads, machine, model } = JSON.parse(out)
    for (const name of [
      'load',
      'peak_memory',
      'first_token',
      'prefill',
      'prefill_node_llama_cpp',
      'generation',
      'generation_node_llama_cpp',
      'encode_672x672',
      'stop_ms',
      'stop_video_ms',
      'stop_picture_ms',
      'first_question',
      'second_question',
      'first_token_prepared',
      'first_token_unprepared',
      'memory_unloaded',
    ]) {
      expect(figures[name], name).toEqual({
        median: expect.any(Number),
        min: expect.any(Number),
        max: expect.any(Number),
        runs: expect.any(Number),
        unit: expect.any(String),
      })
      expect(figures[name].median, name).toBeGreaterThan(0)
    }
    expect(Object.keys(ratios).toSorted()).toEqual([
      'eager',
      'edit',
      'encode',
      'generation',
      'memory_estimate',
      'prefill',
      'reload_growth',
      'resume',
      'second_question',
      'second_question_anew',
      'time_estimate',
    ])
    expect(Object.keys(spreads).toSorted()).toEqual(Object.keys(ratios).toSorted())
    for (const name of ['prefill', 'generation', 'second_question', 'eager'])
      expect(ratios[name], name).toBeGreaterThan(0)
    expect(machine).toMatchObject({ threads: expect.any(Number), backend: expect.stringContaining('CPU') })
    expect(model.projectorPath).toContain('demo-mmproj')
  })

  it('prints a table of the measurements that were asked for only', async () => {
    const { code, out } = await run('--runs', '1', '--only', 'stop')
    expect(code).toBe(0)
    expect(out).toMatch(/stop while a long prompt is read +[\d.,]+ ms/)
    expect(out).not.toContain('prefill')
  })
})
