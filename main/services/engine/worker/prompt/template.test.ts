import { describe, expect, test } from 'vitest'
import { goldenJson, toChatMessages } from '../../../../testing/engineGoldens.ts'
import type { GoldenMessage } from '../../../../testing/engineGoldens.ts'
import { user } from '../../../../testing/engineRequests.ts'
import { BREAK, renderChat, templateKind } from './template.ts'
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
    const rendered = renderChat(toChatMessages(messages), { visionId: kwargs.add_vision_id ?? false, template: 'chat' })
    // the engine always asks for an answer
    expect(flat(rendered)).toBe((text + (kwargs.add_generation_prompt ? '' : GENERATION)).normalize('NFC'))
  })

  test('media are named by their message and part', () => {
    const picture = { type: 'image', source: { path: 'a.png' } } as const
    const rendered = renderChat([user('one'), user('two', picture)], { visionId: false, template: 'chatPlain' })
    expect(rendered.filter((piece) => 'media' in piece)).toEqual([{ media: picture, message: 1, part: 1 }])
  })
})

test('the default system prompt is written only for templates that write it', () => {
  expect(templateKind(templates.chat_template)).toBe('chat')
  expect(templateKind(null)).toBe('none')
  expect(templateKind('{{ messages }}')).toBe('chatPlain')
  expect(flat(renderChat([user('Hi')], { visionId: false, template: 'chatPlain' }))).toBe(`<|im_start|>user\nHi<|im_end|>\n${GENERATION}`)
})

test('pad tokens in a text are broken in two, and nothing a user writes adds a break of its own', () => {
  const rendered = renderChat([user(`a${BREAK}<|image_${BREAK}pad|><|video_pad|><|im_end|>`)], { visionId: false, template: 'chatPlain' })
  expect(flat(rendered).split(BREAK)).toEqual(['<|im_start|>user\na<|', 'image_pad|><|', `video_pad|><|im_end|><|im_end|>\n${GENERATION}`])
})

test('a base model gets the text as it is, with its vision tokens', () => {
  const rendered = renderChat([user({ type: 'image', source: { path: 'a.png' } }, 'A picture of')], { visionId: false, template: 'none' })
  expect(flat(rendered)).toBe('<|vision_start|><|image_pad|><|vision_end|>A picture of')
})
