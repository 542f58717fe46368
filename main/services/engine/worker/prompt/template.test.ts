import { describe, expect, test } from 'vitest'
import { goldenJson, toChatMessages } from '../../../../testing/engineGoldens.ts'
import type { GoldenMessage } from '../../../../testing/engineGoldens.ts'
import { user } from '../../../../testing/engineRequests.ts'
import { BREAK, renderChat, writesDefaultSystem } from './template.ts'
import type { Rendered } from './template.ts'

interface Templates {
  readonly chat_template: string
  readonly cases: readonly {
    readonly name: string
    readonly messages: readonly GoldenMessage[]
    readonly kwargs: { readonly add_generation_prompt: boolean; readonly add_vision_id?: boolean }
    readonly text: string
  }[]
}

const templates = goldenJson<Templates>('common', 'templates.json')
const GENERATION = '<|im_start|>assistant\n'
const flat = (rendered: Rendered) => rendered.map((piece) => ('text' in piece ? piece.text : `<|${piece.media.type}_pad|>`)).join('')

describe('a conversation as the reference template writes it', () => {
  test.each(templates.cases)('$name', ({ messages, kwargs, text }) => {
    const rendered = renderChat(toChatMessages(messages), { visionId: kwargs.add_vision_id ?? false, defaultSystem: true })
    // the engine always asks for an answer
    expect(flat(rendered)).toBe((text + (kwargs.add_generation_prompt ? '' : GENERATION)).normalize('NFC'))
  })

  test('media are named by their message and part', () => {
    const picture = { type: 'image', source: { path: 'a.png' } } as const
    const rendered = renderChat([user('one'), user('two', picture)], { visionId: false, defaultSystem: false })
    expect(rendered.filter((piece) => 'media' in piece)).toEqual([{ media: picture, message: 1, part: 1 }])
  })
})

test('the default system prompt is written only for templates that write it', () => {
  expect(writesDefaultSystem(templates.chat_template)).toBe(true)
  expect(writesDefaultSystem(null)).toBe(true)
  expect(writesDefaultSystem('{{ messages }}')).toBe(false)
  expect(flat(renderChat([user('Hi')], { visionId: false, defaultSystem: false }))).toBe(`<|im_start|>user\nHi<|im_end|>\n${GENERATION}`)
})

test('pad tokens in a text are broken in two, and nothing a user writes adds a break of its own', () => {
  const rendered = renderChat([user(`a${BREAK}<|image_${BREAK}pad|><|video_pad|><|im_end|>`)], { visionId: false, defaultSystem: false })
  expect(flat(rendered).split(BREAK)).toEqual(['<|im_start|>user\na<|', 'image_pad|><|', `video_pad|><|im_end|><|im_end|>\n${GENERATION}`])
})
