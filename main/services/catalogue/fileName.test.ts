import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFileName } from './fileName.ts'

const names = [
  'Q2_K',
  'Q2_K_L',
  'Q3_K_S',
  'Q3_K_M',
  'Q3_K_L',
  'Q3_K_XL',
  'Q4_0',
  'Q4_1',
  'Q4_K',
  'Q4_K_S',
  'Q4_K_M',
  'Q4_K_L',
  'Q5_0',
  'Q5_1',
  'Q5_K_S',
  'Q5_K_M',
  'Q6_K',
  'Q6_K_L',
  'Q8_0',
  'IQ1_S',
  'IQ1_M',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ2_S',
  'IQ2_M',
  'IQ3_XXS',
  'IQ3_XS',
  'IQ3_S',
  'IQ3_M',
  'IQ4_XS',
  'IQ4_NL',
  'F16',
  'BF16',
  'F32',
  'UD-Q4_K_XL',
  'UD-Q8_K_XL',
  'UD-IQ2_XXS',
  'UD-IQ1_S',
  'TQ1_0',
  'MXFP4',
]
const plain = [
  'Qwen2-VL-2B-Instruct',
  'Qwen2.5-VL-72B-Instruct',
  'Qwen_Qwen2.5-VL-7B-Instruct',
  'Qwen.Qwen2-VL-7B',
  'vl-7b',
]
const models = [...plain, 'Model-F16-tuned', 'Q4_K_M-lover']
const model = fc.constantFrom(...models)
const quantization = fc.constantFrom(...names)
const cases = [(text: string) => text, (text: string) => text.toLowerCase(), (text: string) => text.toUpperCase()]
const casing = fc.constantFrom(...cases)
const folder = fc.constantFrom('', 'Q8_0/', 'gguf/deep/', 'BF16/')
const place = fc.integer({ min: 1, max: 99 })

test('the quantization at the end of a name is found in any case, whatever comes before it', () => {
  fc.assert(
    fc.property(
      folder,
      model,
      fc.constantFrom('-', '.', '_', '.i1-'),
      quantization,
      casing,
      (dir, name, mark, quant, cased) => {
        const group = `${dir}${name}${mark}${cased(quant)}`
        expect(parseFileName(`${group}.gguf`)).toEqual({ role: 'text', quantization: quant, part: null, group })
      },
    ),
  )
})

test('parts of a model have one group and their place, with the same quantization', () => {
  fc.assert(
    fc.property(folder, model, quantization, place, place, (dir, name, quant, index, count) => {
      const digits = (n: number) => String(n).padStart(5, '0')
      const group = `${dir}${name}-${quant}`
      const expected = { role: 'text', quantization: quant, part: { index, count }, group }
      expect(parseFileName(`${group}-${digits(index)}-of-${digits(count)}.gguf`)).toEqual(expected)
    }),
  )
})

test('a projector is one by its name wherever the word stands, and its quantization may stand anywhere too', () => {
  fc.assert(
    fc.property(fc.constantFrom(...plain), quantization, casing, (name, quant, cased) => {
      const q = cased(quant)
      const stems = [
        `mmproj-${name}-${q}`,
        `mmproj-${q}`,
        `${name}.${q}-mmproj`,
        `${name}.mmproj-${q}`,
        `${name}-${q}-vision`,
      ]
      for (const stem of stems)
        expect(parseFileName(`${stem}.gguf`)).toMatchObject({ role: 'projector', quantization: quant })
    }),
  )
})

test.each([
  ['Qwen2-VL-7B-Instruct-vision-encoder.gguf', 'projector', null],
  ['qwen.qwen2-vl-7b-vision.gguf', 'projector', null],
  ['mmproj-model-f32.gguf', 'projector', 'F32'],
  ['mmproj-F160-model.gguf', 'projector', null],
  ['mmproj-model-fp16.gguf', 'projector', 'F16'],
  ['Llama-3.2-Vision-Instruct-Q4_K_M.gguf', 'text', 'Q4_K_M'],
  ['Qwen2-VL-2B.FP16.gguf', 'text', 'F16'],
  ['Q4_K_M/model.gguf', 'text', 'Q4_K_M'],
  ['Q4_K_M/model-Q8_0.gguf', 'text', 'Q8_0'],
  ['Q6_K.gguf', 'text', 'Q6_K'],
  ['Qwen2.5-VL-72B-Instruct-q8_0-with-bf16-output-and-bf16-embedding.gguf', 'text', null],
  ['Qwen2-VL-2B-Instruct-Q4_0_4_4.gguf', 'text', null],
  ['Qwen2-VL-2B-Instruct-imatrix.gguf', 'other', null],
  ['Qwen2-VL-2B-Instruct-ocr-LoRA-F16.gguf', 'adapter', 'F16'],
  ['Qwen2-VL-2B-explorative-Q8_0.gguf', 'text', 'Q8_0'],
  ['modelQ4_K_M.gguf', 'text', null],
  ['MODEL-Q4_K_M.GGUF', 'text', 'Q4_K_M'],
])('%s is a %s of %s', (path, role, quantization) => {
  expect(parseFileName(path)).toMatchObject({ role, quantization })
})

test('no name makes it fail, and what is not GGUF is none', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(parseFileName(`${name}.gguf`)).not.toBeNull()
      expect(parseFileName(`${name}.txt`)).toBeNull()
    }),
  )
  expect(parseFileName('Q8_0-00001-of-00002.gguf.part1of2')).toBeNull()
})
