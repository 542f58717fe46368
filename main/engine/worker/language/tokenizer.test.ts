import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addedTokens,
  plainReferenceIds,
  publishedText,
  qwen25Template,
  referenceIds,
} from '../../../testing/catalogueModel.ts'
import { goldenJson, goldenModel, toChatMessages } from '../../../testing/engineGoldens.ts'
import type { GoldenMessage } from '../../../testing/engineGoldens.ts'
import { message, user } from '../../../testing/engineRequests.ts'
import { tempFolder } from '../../../testing/tempFolder.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import type { ChatMessage } from '../../types.ts'
import { createRuntime } from '../native/runtime.ts'
import { buildPrompt } from '../prompt/prompt.ts'
import { ChatTemplate } from '../prompt/template.ts'
import { LanguageModel } from './languageModel.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A tiny model with the whole published vocabulary, which the reference tokenizer has too. */
const folder = tempFolder()
const runtime = createRuntime()
let model: LanguageModel
let tokenizer: Tokenizer
beforeAll(async () => {
  const textPath = join(folder.path, 'model.gguf')
  const published = { family: 'qwen25vl', name: 'Qwen2.5 VL 3B Instruct', size: '3B', finetune: 'Instruct' } as const
  writeFileSync(
    textPath,
    publishedText({
      ...published,
      contextTokens: 128_000,
      vocabSize: 151_936,
      tiedEmbeddings: true,
      chatTemplate: qwen25Template,
    }),
  )
  const { text } = await inspectModel({ textPath, projectorPath: null })
  model = await LanguageModel.load(runtime, textPath, text, () => {}, new AbortController().signal)
  tokenizer = model.tokenizer
})
afterAll(async () => {
  await model[Symbol.asyncDispose]()
  folder.remove()
})

const scripts = {
  Latin:
    "The quick brown fox isn't at WE'LL's café, naïve façade; ſo they'Ve gone. Ærøskøbing, Łódź, İstanbul, Đà Nẵng",
  Cyrillic: 'Все люди рождаются свободными и равными. Ћирилица, українська мова ґ',
  Greek: 'Όλοι οι άνθρωποι γεννιούνται ελεύθεροι· ἐν ἀρχῇ ἦν ὁ λόγος',
  Arabic: 'يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. ١٢٣',
  Hebrew: 'כל בני האדם נולדו בני חורין. בְּרֵאשִׁית בָּרָא',
  Devanagari: 'सभी मनुष्यों को गौरव और अधिकारों के विषय में जन्मजात स्वतन्त्रता प्राप्त है। १२३',
  Bengali: 'সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।',
  Tamil: 'மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்',
  Telugu: 'ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులు',
  Thai: 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ๑๒๓',
  Khmer: 'មនុស្សទាំងអស់កើតមកមានសេរីភាព',
  Burmese: 'လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့်',
  Georgian: 'ყველა ადამიანი იბადება თავისუფალი',
  Armenian: 'Բոլոր մարդիկ ծնվում են ազատ ու հավասար',
  Ethiopic: 'የሰው ልጅ ሁሉ ሲወለድ ነጻና እኩል ነው።',
  Han: '人人生而自由,在尊严和权利上一律平等。繁體字測試：「你好」！',
  Japanese: 'すべての人間は、生まれながらにして自由である。カタカナ、ﾊﾝｶｸ、が（結合）',
  Korean: '모든 인간은 태어날 때부터 자유로우며, 한글 조합',
  Tibetan: 'འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས',
  Emoji: '👩‍👩‍👧‍👦🏳️‍🌈 ❤️ 🇩🇪 1️⃣ 🫠 𝒜𝓁𝑔𝑒𝒷𝓇𝒶 ∑∫√ ⠃⠗⠇',
}
const code = [
  'def f(x):\n    return x**2  # square\n\n\nprint(f(3))\n',
  'if (a<b && c>d) { a |= b; }\r\n\treturn `${a}`;',
  '#include <stdio.h>\nint main(void){printf("%d\\n", 0xFF);}',
  '{"key": [1, 2.5e-3, null], "nested": {"a": "\\u00e9"}}',
  "SELECT * FROM t WHERE a = 'b''c' -- comment",
  '<div class="x">&nbsp;</div><!-- <br/> -->',
  '$$\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}$$',
  'https://example.org/a?b=c&d=%20#e user@host.tld C:\\Temp\\x',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n1. one',
  '1234567890 3.14159 1,000,000 ½ ² ① Ⅷ ٣ 0b1010 1e10 2026-11-29T18:00',
]
const blanks = [
  ' ',
  '  ',
  '   ',
  '\n',
  '\n\n',
  ' \n',
  '\n ',
  '\t',
  '\r\n',
  '\r',
  ' \n\n  ',
  '\u00a0',
  '\u3000',
  '\u2028',
  '\u0085',
  '\u200b',
  '\ufeff',
  '\0',
  '\u001f',
  '    \n    ',
]

/** 500 texts: every script and kind alone, changed, between blanks and after another one. */
const texts = [
  ...Object.values(scripts),
  ...code,
  ...blanks,
  ...Object.values(scripts).map((text) => text.normalize('NFD')),
  ...Object.values(scripts).map((text) => text.toUpperCase()),
  ...Object.values(scripts).map((text) => [...text].reverse().join('')),
  ...Object.values(scripts).map((text) => [...text].join(' ')),
  ...code.map((text) => text.repeat(3)),
]
for (let i = 0; texts.length < 500; i++) {
  const kinds = [...Object.values(scripts), ...code]
  const [a, b] = [kinds[i % kinds.length]!, kinds[(i * 7 + 3) % kinds.length]!]
  const [left, right] = [blanks[i % blanks.length]!, blanks[(i * 3 + 1) % blanks.length]!]
  texts.push(left + a.slice(i % 9, 12 + (i % 23)) + right + b.slice(0, 8 + (i % 17)) + left)
}

describe('token ids are those of the published tokenizer', () => {
  test('for 500 texts in 20 scripts, of code, numbers and blanks', async () => {
    expect(texts).toHaveLength(500)
    expect(Object.keys(scripts)).toHaveLength(20)
    const wrong: string[] = []
    for (const text of texts) {
      const [found, expected] = [await tokenizer.encode(text), referenceIds(text)]
      if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(JSON.stringify({ text, found, expected }))
    }
    expect(wrong).toEqual([])
  })

  test('and the same with any of them as a question: the template’s own words meet them at both ends', async () => {
    const wrong: string[] = []
    for (const text of texts.filter((_, i) => i % 4 === 0)) {
      const { rendered, ids } = await prompt([user(text)])
      const expected = referenceIds(rendered)
      if (JSON.stringify(ids) !== JSON.stringify(expected)) wrong.push(JSON.stringify({ text, ids, expected }))
    }
    expect(wrong).toEqual([])
  })

  const { templates, cases } = goldenJson<{
    templates: Record<string, string>
    cases: { template: string; name: string; messages: GoldenMessage[]; text: string; enable_thinking?: boolean }[]
  }>('common', 'chat_templates.json')
  const ofTexts = cases.filter(
    ({ messages, enable_thinking }) =>
      enable_thinking === undefined && messages.every(({ content }) => typeof content === 'string'),
  )
  test.each(Object.keys(templates))('for what the template %s writes', async (name) => {
    for (const { messages, text } of ofTexts.filter(({ template }) => template === name)) {
      const { ids } = await prompt(toChatMessages(messages), templates[name])
      expect(ids).toEqual(referenceIds(text))
    }
  })
})

describe('to the vocabulary of Qwen3.5 marks belong to words', () => {
  const { plain, special_tokens } = goldenJson<{
    plain: { text: string; ids: number[] }[]
    special_tokens: Record<string, number>
  }>('qwen35', 'templates.json')
  let hybrid: LanguageModel
  beforeAll(async () => {
    const { textPath } = goldenModel('qwen35')
    const { text } = await inspectModel({ textPath, projectorPath: null })
    hybrid = await LanguageModel.load(runtime, textPath, text, () => {}, new AbortController().signal)
  })
  afterAll(() => hybrid[Symbol.asyncDispose]())

  const names = Object.keys(special_tokens)
  test.each(plain.filter(({ text }) => !names.some((name) => text.includes(name))))('$text', async ({ text, ids }) => {
    expect(await hybrid.tokenizer.encode(text)).toEqual(ids)
  })

  test('also where a text is cut at a token that its user wrote', async () => {
    const [marks] = plain.filter(({ text }) => /\p{M}/u.test(text.normalize('NFC'))) as [
      { text: string; ids: number[] },
    ]
    const ids = await hybrid.tokenizer.encode(`${marks.text} <think> ${marks.text}`)
    expect(ids.slice(0, marks.ids.length)).toEqual(marks.ids)
    expect(ids).not.toContain(special_tokens['<think>'])
  })
})

describe('a special token that a template did not write is text', () => {
  const names = [...addedTokens.keys()]
  const special = new Set(addedTokens.values())
  /** A text with every special token in it, at its ends and cut in two. */
  const typed = `${names.join('')} ${names.join('\n')} < tool_call> ${names[2]}x`

  test('in a question, a system prompt and an answer, for each token of the vocabulary', async () => {
    const asked: ChatMessage[] = [message('system', typed), user(typed), message('assistant', typed), user('And now?')]
    const { ids } = await prompt(asked)
    const { ids: bare } = await prompt([message('system', 'a'), user('b'), message('assistant', 'c'), user('And now?')])
    expect(ids.filter((id) => special.has(id))).toEqual(bare.filter((id) => special.has(id)))
  })

  test.each(names)('%s has the ids that a tokenizer without it gives', async (name) => {
    for (const text of [name, ` ${name}`, `a${name}b`, `${name}${name}\n`, `«${name}»`]) {
      expect(await tokenizer.encode(text)).toEqual(plainReferenceIds(text))
      const { ids } = await prompt([user(text)])
      const before = referenceIds(`${DEFAULT}<|im_start|>user\n`)
      const after = referenceIds('<|im_end|>\n<|im_start|>assistant\n')
      // the line end before it belongs to the template's own words
      expect(ids.slice(before.length - 1, -after.length)).toEqual(plainReferenceIds(`\n${text}`))
      expect(ids.slice(-after.length)).toEqual(after)
    }
  })

  test('also when it comes together from parts, or beside a picture', async () => {
    for (const name of names)
      for (let at = 1; at < name.length; at++) {
        const { ids } = await prompt([user(name.slice(0, at), name.slice(at))])
        expect(ids.filter((id) => special.has(id))).toHaveLength(5)
      }
  })

  test('and with every character in it that could stand for a mark', async () => {
    const noncharacters = Array.from({ length: 32 }, (_, i) => String.fromCodePoint(0xfdd0 + i)).join('')
    const { ids } = await prompt([user(`${noncharacters}<|im_end|>`)])
    expect(ids.filter((id) => special.has(id))).toHaveLength(5)
    expect(await tokenizer.encode(noncharacters)).toEqual(plainReferenceIds(noncharacters))
  })

  test('but in a base model’s prompt it counts', async () => {
    const { ids } = await prompt([user('<|im_start|>user\nHi<|im_end|>\n')], null, true)
    expect(ids).toEqual(referenceIds('<|im_start|>user\nHi<|im_end|>\n'))
  })

  test('where a token that stands for a picture is refused as what it is', async () => {
    await expect(prompt([user('See <|image_pad|>')], null, true)).rejects.toThrow(
      /^The prompt holds <\|image_pad\|> or <\|video_pad\|>.*Leave them out/,
    )
  })
})

const DEFAULT = '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n'

/** A conversation's prompt, and the text that it was made of. */
async function prompt(
  messages: readonly ChatMessage[],
  source: string | null = qwen25Template,
  isRaw = false,
): Promise<{ rendered: string; ids: readonly number[] }> {
  const template = ChatTemplate.read(source)
  const request = {
    model: { textPath: '', projectorPath: null },
    messages,
    budget: { minPixels: 4 * 784, maxPixels: 16 * 784 },
    contextTokens: null,
    maxTokens: 1,
    isRaw,
  }
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null }
  const { ids } = await buildPrompt({ ...request, sampling }, tokenizer, {
    template,
    family: 'qwen25vl',
  })
  return { rendered: template.render(messages, { visionId: false, plain: (text) => text }), ids }
}
