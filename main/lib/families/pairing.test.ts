import { describe, expect, test } from 'vitest'
import { pairing } from './pairing.ts'

const text = (family: string | null, width = 3584) => ({ name: 'Docs 7B', family, width })
const projector = (family: string | null, width = 3584) => ({ fileName: 'mmproj.gguf', family, width })

describe('a language model and a projector', () => {
  test.each(['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35'])('of one family and width belong together: %s', (family) => {
    expect(pairing(text(family), projector(family))).toEqual({ verdict: 'fits', why: null })
  })

  test.each([
    ['qwen2vl', 'qwen25vl', /mmproj\.gguf is the projector of Qwen2\.5-VL, Docs 7B is a Qwen2-VL model/],
    ['qwen25vl', 'qwen2vl', /mmproj\.gguf is the projector of Qwen2-VL, Docs 7B is a Qwen2\.5-VL model/],
    ['qwen25vl', 'qwen3vl', /the projector of Qwen3-VL/],
    ['qwen3vl', 'qwen35', /the projector of Qwen3\.5, Docs 7B is a Qwen3-VL model/],
    ['qwen2vl', 'llava', /the projector of LLaVA/],
    ['qwen2vl', 'something new', /the projector of something new/],
    ['qwen2vl', null, /the projector of an unknown family/],
    [null, 'gemma3', /Gemma 3, Docs 7B is a model of another architecture/],
    ['qwen2vl', 'qwen25omni', /the projector of Qwen2\.5-Omni/],
  ])('%s with a projector of %s is a mismatch that names both', (family, other, why) => {
    expect(pairing(text(family), projector(other))).toEqual({
      verdict: 'mismatch',
      why: expect.stringMatching(why) as string,
    })
  })

  test('of different widths is a mismatch that names both widths, whatever the family', () => {
    for (const family of ['qwen25vl', null])
      expect(pairing(text(family), projector('qwen25vl', 2048))).toEqual({
        verdict: 'mismatch',
        why: expect.stringMatching(/vectors of 2,048 numbers, Docs 7B takes 3,584/) as string,
      })
  })

  test.each(['qwen2vl', 'qwen25vl'])('without a known family is never sure: %s', (family) => {
    expect(pairing(text(null), projector(family))).toEqual({
      verdict: 'unsure',
      why: expect.stringMatching(/^Nothing in the header of Docs 7B tells/) as string,
    })
  })

  test("Qwen2.5-Omni's tower may serve a Qwen2.5-VL model, which is not sure", () => {
    expect(pairing(text('qwen25vl'), projector('qwen25omni')).verdict).toBe('unsure')
  })

  test('of a family whose sizes share widths is not sure where the names tell of other sizes', () => {
    const verdictOf = (name: string, fileName: string, own?: string) =>
      pairing(
        { name, family: 'qwen3vl', width: 2048 },
        { fileName, family: 'qwen3vl', width: 2048, ...(own && { name: own }) },
      )
    expect(verdictOf('Qwen3 VL 30B A3B Instruct', 'mmproj-Qwen3-VL-2B-F16.gguf')).toEqual({
      verdict: 'unsure',
      why: expect.stringMatching(/for a model of 2B, Qwen3 VL 30B A3B Instruct has 30B-A3B/) as string,
    })
    expect(verdictOf('Qwen3 VL 2B Instruct', 'mmproj-F16.gguf', 'Qwen3-VL-2B-Instruct').verdict).toBe('fits')
    expect(verdictOf('Docs', 'mmproj-2B.gguf').verdict).toBe('fits')
  })
})
