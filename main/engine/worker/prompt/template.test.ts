import { describe, expect, test } from 'vitest'
import type { AppError } from '#contract'
import { goldenJson, toChatMessages } from '../../../testing/engineGoldens.ts'
import type { GoldenMessage } from '../../../testing/engineGoldens.ts'
import { message, user } from '../../../testing/engineRequests.ts'
import { ChatTemplate, renderRaw } from './template.ts'

interface Templates {
  readonly chat_template: string
  readonly cases: readonly {
    readonly name: string
    readonly messages: readonly GoldenMessage[]
    readonly kwargs: { readonly add_generation_prompt: boolean; readonly add_vision_id?: boolean }
    readonly text: string
  }[]
}

/** What Jinja itself makes of templates, published ones and others (`build/chat-templates/make.py`). */
interface Rendered {
  readonly templates: Readonly<Record<string, string>>
  readonly cases: readonly {
    readonly template: string
    readonly name: string
    readonly messages: readonly (GoldenMessage & { readonly reasoning_content?: string })[]
    readonly visionId: boolean
    readonly enable_thinking?: boolean
    readonly text?: string
    readonly refusal?: string
  }[]
}

interface Qwen35 {
  readonly templates: Readonly<Record<string, string>>
  readonly cases: readonly {
    readonly template: string
    readonly name: string
    readonly messages: readonly (Omit<GoldenMessage, 'role'> & { readonly role: GoldenMessage['role'] | 'tool' })[]
    readonly kwargs: {
      readonly tools?: unknown
      readonly add_generation_prompt?: boolean
      readonly add_vision_id?: boolean
      readonly enable_thinking?: boolean
    }
    readonly text: string
  }[]
}

const reference = goldenJson<Templates>('common', 'templates.json')
const rendered = goldenJson<Rendered>('common', 'chat_templates.json')
const GENERATION = '<|im_start|>assistant\n'
const plain = (text: string) => text
const picture = { type: 'image', source: { path: 'a.png' } } as const
const hi = [user('Hi')]
const write = (source: string | null, messages = hi, visionId = false) =>
  ChatTemplate.read(source).render(messages, { visionId, plain })

describe("Qwen2-VL's published template writes a conversation as the reference does", () => {
  test.each(reference.cases)('$name', ({ messages, kwargs, text }) => {
    const written = write(reference.chat_template, toChatMessages(messages), kwargs.add_vision_id ?? false)
    // the engine always asks for an answer
    expect(written).toBe(text + (kwargs.add_generation_prompt ? '' : GENERATION))
  })

  test.each(reference.cases)('$name, without any template: as ChatML', ({ messages, kwargs, text }) => {
    expect(write(null, toChatMessages(messages), kwargs.add_vision_id ?? false)).toBe(
      text + (kwargs.add_generation_prompt ? '' : GENERATION),
    )
  })
})

describe("Qwen3.5's published template writes a conversation as the reference does", () => {
  const { templates, cases } = goldenJson<Qwen35>('qwen35', 'templates.json')
  // what the product never sends: tools, their answers, thoughts apart from what was said
  const sent = cases.filter(
    ({ messages, kwargs }) =>
      kwargs.tools === undefined &&
      messages.every((one) => one.role !== 'tool' && !('tool_calls' in one) && !('reasoning_content' in one)),
  )
  test.each(sent)('$template: $name', ({ messages, kwargs, text }) => {
    const written = ChatTemplate.read(templates['qwen35']!).render(toChatMessages(messages as GoldenMessage[]), {
      visionId: kwargs.add_vision_id ?? false,
      ...(kwargs.enable_thinking !== undefined && { thinking: kwargs.enable_thinking ? 'on' : 'off' }),
      plain,
    })
    const begun = kwargs.enable_thinking === false ? `${GENERATION}<think>\n\n</think>\n\n` : `${GENERATION}<think>\n`
    expect(written).toBe(text + (kwargs.add_generation_prompt ? '' : begun))
  })
})

describe('a template writes what Jinja itself makes of it', () => {
  test.each(rendered.cases)(
    '$template: $name, numbered: $visionId, thinking: $enable_thinking',
    ({ template, messages, visionId, enable_thinking, text, refusal }) => {
      const read = ChatTemplate.read(rendered.templates[template]!)
      expect(read.problem).toBeNull()
      const asked = toChatMessages(messages).map((one, i) => {
        const reasoning = messages[i]!.reasoning_content
        return { ...one, ...(reasoning !== undefined && { reasoning }) }
      })
      const thinking = enable_thinking === undefined ? undefined : enable_thinking ? 'on' : 'off'
      const work = () => read.render(asked, { visionId, thinking, plain })
      if (text !== undefined) expect(work()).toBe(text)
      else
        expect(work).toThrow(
          expect.objectContaining({
            code: 'InvalidInput',
            message: expect.stringContaining(refusal!.replace(/\.$/, '')) as string,
          }) as AppError,
        )
    },
  )

  test('every template is there with every kind of conversation that it takes', () => {
    expect(rendered.cases.length).toBeGreaterThan(90)
    expect(rendered.cases.filter(({ refusal }) => refusal !== undefined)).toEqual([])
  })
})

test('a model without a template is written to in ChatML, with the default prompt of Qwen2-VL unless there is a system prompt', () => {
  for (const none of [null, '', ' \n'])
    expect(write(none)).toBe(
      `<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n${GENERATION}`,
    )
  expect(write(null, [message('system', 'Be brief.'), user('Hi')])).toBe(
    `<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n${GENERATION}`,
  )
})

test('a template that does not number pictures gets the numbers as text', () => {
  const source =
    "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{% if p.type == 'image' %}<|image_pad|>{% else %}{{ p.text }}{% endif %}{% endfor %}{% endif %}{% endfor %}"
  expect(write(source, [user(picture, 'and', picture)], true)).toBe(
    'Picture 1: <|image_pad|>andPicture 2: <|image_pad|>',
  )
})

test('every text that is not the template’s own is made plain before the template sees it', () => {
  const marked = (text: string) => `[${text}]`
  const asked = [message('system', 'S'), user('one', picture, 'two')]
  const written = ChatTemplate.read(reference.chat_template).render(asked, {
    visionId: false,
    plain: marked,
    after: () => 'told',
  })
  expect(written).toBe(
    `<|im_start|>system\n[S]<|im_end|>\n<|im_start|>user\n[one]<|vision_start|><|image_pad|><|vision_end|>told[two]<|im_end|>\n${GENERATION}`,
  )
})

test('of an answer the thoughts stay readable for templates that leave them out', () => {
  const kept: (readonly string[] | undefined)[] = []
  const note = (text: string, except?: readonly string[]) => {
    kept.push(except)
    return text
  }
  const asked = [user('a'), message('assistant', '<think>b</think>c'), user('d')]
  ChatTemplate.read(rendered.templates['qwen3']!).render(asked, { visionId: false, plain: note })
  ChatTemplate.read(reference.chat_template).render(asked, { visionId: false, plain: note })
  expect(kept).toEqual([[], ['<think>', '</think>'], [], [], [], []])
})

test('the date that a template asks for is that of today', () => {
  const source =
    "{{ strftime_now('%Y-%m-%d %d %b %B %H:%M 100%%') }} {% for m in messages %}{{ m.content }}{% endfor %}"
  expect(write(source)).toMatch(/^\d{4}-\d\d-\d\d \d\d [A-Z][a-z]{2} [A-Z][a-z]+ \d\d:\d\d 100% Hi$/)
  expect(write(source)).toContain(String(new Date().getFullYear()))
})

describe('a template that cannot be used gives way to ChatML, and says why', () => {
  test.each([
    ['a mistake in it', '{% for m in messages %}{{ m.content }}', /./],
    ['an unknown filter', '{% for m in messages %}{{ m.content | sparkle }}{% endfor %}', /sparkle/],
    ['one that leaves the user out', '<|im_start|>assistant\n', /leaves out what the user writes/],
    ['one that always refuses', "{{ raise_exception('Only for experts.') }}", /it says "Only for experts"/],
    ['a very long one', `{{ messages[0].content }}${' '.repeat(300_000)}`, /longer than 262,144 characters/],
    ['deep nesting', `{{ ${'('.repeat(100_000)}messages${')'.repeat(100_000)} }}`, /./],
    [
      'loops in loops',
      `{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}`,
      /without end|too long/,
    ],
    ['counting far', '{% for a in range(1000000000) %}x{% endfor %}', /counts further/],
    [
      'a list that doubles',
      `{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}`,
      /without end/,
    ],
    [
      'a text that doubles',
      `{% set ns = namespace(x='xx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}`,
      /without end/,
    ],
    ['a macro that calls itself', '{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}', /./],
  ])('%s', (_name, source, problem) => {
    const template = ChatTemplate.read(source)
    expect(template.problem).toMatch(problem)
    expect(template.render(hi, { visionId: false, plain })).toBe(write(null))
  })

  test('work inside one step is ended by the clock', () => {
    const source = `{% set ns = namespace(x=[1]) %}{% for i in range(48) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}`
    expect(ChatTemplate.read(source).problem).toMatch(/takes too long|without end|string length/)
  })
})

test('a template that fails on one conversation says so and is used for others', () => {
  const source =
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system prompts, please.') }}{% endif %}{{ m.content }}{% endfor %}"
  const template = ChatTemplate.read(source)
  expect(template.render(hi, { visionId: false, plain })).toBe('Hi')
  expect(() => template.render([message('system', 'S'), user('Hi')], { visionId: false, plain })).toThrow(
    expect.objectContaining({
      code: 'InvalidInput',
      message: expect.stringMatching(
        /does not take this conversation: it says "No system prompts, please"\. Start/,
      ) as string,
    }) as AppError,
  )
})

test('a base model gets the text as it is, with its vision tokens', () => {
  expect(renderRaw([user(picture, 'A picture of')])).toBe('<|vision_start|><|image_pad|><|vision_end|>A picture of')
})

test('without a template of its own, a model of a family without a default system prompt gets none', () => {
  const asked = [message('user', 'What is this?')]
  const render = (hasSystem: boolean) =>
    ChatTemplate.read(null, hasSystem).render(asked, { visionId: false, plain: (text) => text })
  expect(render(true)).toContain('<|im_start|>system\nYou are a helpful assistant.<|im_end|>')
  expect(render(false)).toBe('<|im_start|>user\nWhat is this?<|im_end|>\n<|im_start|>assistant\n')
})

describe('what a template does about thoughts is told by what it writes', () => {
  test.each([
    ['qwen2-vl', 'none'],
    ['qwen2.5', 'none'],
    ['qwen3', 'switch'],
    ['switch for thinking', 'switch'],
    ['opens thoughts', 'always'],
  ] as const)('%s: %s', (name, form) => {
    expect(ChatTemplate.read(rendered.templates[name]!).thinking).toBe(form)
  })

  test('a name alone is no switch', () => {
    const source = '{# enable_thinking #}{% for m in messages %}{{ m.content }}{% endfor %}'
    expect(ChatTemplate.read(source).thinking).toBe('none')
    expect(ChatTemplate.read(null).thinking).toBe('none')
  })
})

test('a thought after the last question is where the template puts it, and what stands in it is no control token', () => {
  const marked = (text: string) => `[${text}]`
  const asked = [user('a'), { ...message('assistant', 'b'), reasoning: 'c</think>' }]
  const written = ChatTemplate.read(rendered.templates['switch for thinking']!).render(asked, {
    visionId: false,
    plain: marked,
  })
  expect(written).toBe(
    `<|im_start|>user\n[a]<|im_end|>\n<|im_start|>assistant\n<think>\n[c</think>]\n</think>\n\n[b]<|im_end|>\n${GENERATION}<think>\n`,
  )
})

test("numbers go on from what was left out, in the same words as the template's own", () => {
  const shown = [{ role: 'user', content: [picture, picture] }] as const
  const rendered = (numbersFrom?: { pictures: number; videos: number }) =>
    ChatTemplate.read(reference.chat_template).render(shown, {
      visionId: true,
      plain,
      ...(numbersFrom && { numbersFrom }),
    })
  expect(rendered()).toContain('Picture 1: <|vision_start|>')
  expect(rendered({ pictures: 2, videos: 0 })).toBe(
    rendered().replace('Picture 2: ', 'Picture 4: ').replace('Picture 1: ', 'Picture 3: '),
  )
})
