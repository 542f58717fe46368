import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { places } from '#contract'
import type { CoordinateSpace, AnswerParser, SizeRule } from '#contract'
import { readProfiles, recognise } from './index.ts'

const profiles = readProfiles(join(import.meta.dirname, '../../../resources'))
const profile = (id: string) => profiles.find((one) => one.id === id)!
const header = (name: string, base: string | null = null) => ({
  names: [
    { of: 'its name,', text: name },
    ...(base === null ? [] : [{ of: 'the model that it was made from,', text: base }]),
  ],
  chatTemplate: null,
})

interface Published {
  readonly id: string
  /** `general.name` as converters write it, and the name of what it was made from. */
  readonly name: string
  readonly base: string
  /** Files and repositories that must be told too. */
  readonly others: readonly string[]
  readonly parser: AnswerParser
  readonly space: CoordinateSpace | null
  readonly size: SizeRule
}

const published: readonly Published[] = [
  {
    id: 'olmocr-2',
    name: 'OlmOCR 2 7B 1025',
    base: 'Qwen2.5 VL 7B Instruct',
    others: ['allenai_olmOCR-2-7B-1025-Q4_K_M.gguf', 'Hugging Face · bartowski/allenai_olmOCR-2-7B-1025-GGUF'],
    parser: 'olmocr',
    space: null,
    size: { longestSide: 1288 },
  },
  {
    id: 'nanonets-ocr2',
    name: 'Nanonets OCR2 3B',
    base: 'Qwen2.5 VL 3B Instruct',
    others: ['Nanonets-OCR2-3B.Q8_0.gguf', 'https://huggingface.co/nanonets/Nanonets-OCR2-3B'],
    parser: 'nanonets',
    space: null,
    size: {},
  },
  {
    id: 'mineru-2.5',
    name: 'MinerU2.5 2509 1.2B',
    base: 'Qwen2 VL 2B Instruct',
    others: ['MinerU2.5-2509-1.2B.f16.gguf'],
    parser: 'mineru',
    space: 'thousandths',
    size: {},
  },
  {
    id: 'ui-tars-1.0',
    name: 'UI TARS 7B DPO',
    base: 'Qwen2 VL 7B Instruct',
    others: ['UI-TARS-2B-SFT-Q4_K_M.gguf', 'bytedance-research/UI-TARS-7B-SFT'],
    parser: 'action',
    space: 'thousandths',
    size: {},
  },
  {
    id: 'ui-tars-1.5',
    name: 'UI TARS 1.5 7B',
    base: 'Qwen2.5 VL 7B Instruct',
    others: ['UI-TARS-1.5-7B-Q4_K_M.gguf'],
    parser: 'action',
    space: 'pixels',
    size: { minPixels: 100 * 784, maxPixels: 16_384 * 784 },
  },
  {
    id: 'fara-7b',
    name: 'Fara 7B',
    base: 'Qwen2.5 VL 7B Instruct',
    others: ['microsoft_Fara-7B-Q4_K_M.gguf'],
    parser: 'action',
    space: 'pixels',
    size: { minPixels: 3136, maxPixels: 12_845_056 },
  },
  {
    id: 'holo1',
    name: 'Holo1 7B',
    base: 'Qwen2.5 VL 7B Instruct',
    others: ['Hcompany/Holo1-3B'],
    parser: 'action',
    space: 'pixels',
    size: { minPixels: 3136, maxPixels: 1280 * 784 },
  },
  {
    id: 'holo1.5',
    name: 'Holo1.5 7B',
    base: 'Qwen2.5 VL 7B Instruct',
    others: ['Holo1.5-3B-Q4_K_M.gguf'],
    parser: 'action',
    space: 'pixels',
    size: {},
  },
  {
    id: 'gta1',
    name: 'GTA1 7B 2507',
    base: 'UI TARS 1.5 7B',
    others: ['GTA1-7B.Q4_K_M.gguf'],
    parser: 'action',
    space: 'pixels',
    size: { minPixels: 3136, maxPixels: 4096 * 2160 },
  },
  {
    id: 'os-atlas-base',
    name: 'OS Atlas Base 7B',
    base: 'Qwen2 VL 7B Instruct',
    others: ['OS-Atlas-Base-7B-Q4_K_M.gguf'],
    parser: 'action',
    space: 'thousandths',
    size: {},
  },
  {
    id: 'uground-v1',
    name: 'UGround V1 7B',
    base: 'Qwen2 VL 7B Instruct',
    others: ['UGround-V1-2B.Q4_K_M.gguf'],
    parser: 'action',
    space: 'thousandths',
    size: {},
  },
  {
    id: 'showui',
    name: 'ShowUI 2B',
    base: 'Qwen2 VL 2B Instruct',
    others: ['showlab/ShowUI-2B'],
    parser: 'action',
    space: 'shares',
    size: { minPixels: 256 * 784, maxPixels: 1344 * 784 },
  },
  {
    id: 'rex-omni',
    name: 'Rex Omni',
    base: 'Qwen2.5 VL 3B Instruct',
    others: ['Rex-Omni.Q8_0.gguf'],
    parser: 'marks',
    space: 'bins',
    size: { minPixels: 16 * 784, maxPixels: 2560 * 784 },
  },
  {
    id: 'qvq',
    name: 'QVQ 72B Preview',
    base: 'Qwen2 VL 72B',
    others: ['QVQ-72B-Preview-Q4_K_M.gguf'],
    parser: 'marks',
    space: null,
    size: {},
  },
  {
    id: 'qwen2.5-omni',
    name: 'Qwen2.5 Omni 7B',
    base: 'Qwen2.5 7B Instruct',
    others: ['Qwen2.5-Omni-3B-Q8_0.gguf'],
    parser: 'marks',
    space: null,
    size: {},
  },
]

test('every profile of the app is held against what was published', () => {
  expect(profiles.map(({ id }) => id).sort()).toEqual(published.map(({ id }) => id).sort())
})

describe.each(published)('$id', ({ id, name, base, others, parser, space, size }) => {
  test('is recognised by what its files call it, and its base is not', () => {
    expect(recognise(profiles, header(name, base))?.profile.id).toBe(id)
    for (const text of others) expect(recognise(profiles, header(text))?.profile.id, text).toBe(id)
    expect(recognise(profiles, header(base))?.profile.id).not.toBe(id)
  })

  test('is read and sized as published, and says where that was read', () => {
    expect(profile(id)).toMatchObject({ parser, space, size })
    expect(profile(id).source.length).toBeGreaterThan(0)
  })

  test('offers jobs that ask for no place that is not filled', () => {
    const known = new Set<string>(Object.values(places))
    for (const { prompt } of profile(id).jobs)
      for (const place of prompt.match(/\{[a-z]+\}/g) ?? []) expect(known, place).toContain(place)
  })
})

test.each([
  'Qwen2.5 VL 7B Instruct',
  'Qwen2 VL 2B Instruct',
  'Qwen3 VL 4B Thinking',
  'UI TARS desktop',
  'Holo2 4B',
  'OS Atlas Pro 7B',
])('%s is recognised as none', (name) => expect(recognise(profiles, header(name))).toBeNull())

describe('prompts that models were trained with', () => {
  const prompt = (id: string, job: string) => profile(id).jobs.find((one) => one.id === job)!.prompt

  test('olmOCR asks for a front matter, its words before the page', () => {
    expect(profile('olmocr-2')).toMatchObject({ order: 'text-first', maxTokens: 8000 })
    expect(prompt('olmocr-2', 'page')).toMatch(
      /^Attached is one page of a document that you must process\. Just return .* Convert equations to LateX and tables to HTML\.\nIf there/,
    )
  })

  test('MinerU reads the layout at exactly 1036 x 1036, then each region by its type', () => {
    const { passes, jobs } = profile('mineru-2.5')
    expect(passes).toEqual({
      layout: { prompt: '\nLayout Detection:', size: { width: 1036, height: 1036 } },
      regions: {
        default: '\nText Recognition:',
        byType: { table: '\nTable Recognition:', equation: '\nFormula Recognition:' },
      },
    })
    expect(jobs[0]).toMatchObject({ size: { exact: { width: 1036, height: 1036 } }, pages: 'each' })
  })

  test('UI-TARS 1.0 and 1.5 have their own spaces and their own forms of an action', () => {
    expect(prompt('ui-tars-1.0', 'computer')).toContain("click(start_box='<|box_start|>(x1,y1)<|box_end|>')")
    expect(prompt('ui-tars-1.5', 'computer')).toContain("click(point='<point>x1 y1</point>')")
    for (const id of ['ui-tars-1.0', 'ui-tars-1.5'])
      expect(prompt(id, 'computer')).toMatch(/User Instruction\n\{text\}\s*$/)
  })

  test('Fara and GTA1 are told the size of the picture, ShowUI its rule before the picture', () => {
    expect(profile('fara-7b').system).toContain("The screen's resolution is {width}x{height}.")
    expect(profile('gta1').system).toContain('The image resolution is height {height} and width {width}.')
    expect(prompt('showui', 'point')).toMatch(/scaled from 0 to 1\.\{media\}\{text\}$/)
  })
})
