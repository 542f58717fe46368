import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { golden, goldenJson, goldenModel } from '../../testing/engineGoldens.ts'
import { answered, message, requestOf, user } from '../../testing/engineRequests.ts'
import { readGguf, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import type { Entry } from '../../testing/ggufEdit.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const base = readGguf(readFileSync(goldenModel('qwen2vl').textPath))
const { templates } = goldenJson<{ templates: Readonly<Record<string, string>> }>('common', 'chat_templates.json')
const text = (value: string): Entry => ({ kind: 'string', value: Buffer.from(value).toString('latin1') })

/** The tiny model of the reference with other templates in its header. */
function modelWith(name: string, entries: Readonly<Record<string, Entry | undefined>>) {
  const textPath = join(folder.path, `${name.replaceAll(/\W+/g, '-')}.gguf`)
  writeFileSync(textPath, writeGguf(withEntries(base, entries)))
  return { textPath, projectorPath: goldenModel('qwen2vl').projectorPath }
}

const picture = { type: 'image', source: { path: golden('images', 'img_a.png') } } as const
const QUESTION = 'Describe this image.'
const asked = async (model: ReturnType<typeof modelWith>, system?: string) => {
  const messages = [...(system === undefined ? [] : [message('system', system)]), user(picture, QUESTION)]
  const { tokens, promptIds } = (await answered(engine, requestOf(messages, { model, maxTokens: 8, ignoreEos: true })))
    .result
  return { tokens, promptIds, note: engine.state.note ?? null }
}

const HELPFUL = 'You are a helpful assistant.'
const QWEN = 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.'
const QVQ =
  'You are a helpful and harmless assistant. You are Qwen developed by Alibaba. You should think step-by-step.'
const TEMPLATE = 'tokenizer.chat_template'

describe('the system prompt of a conversation without one is that of the template', () => {
  test.each<[string, Readonly<Record<string, Entry | undefined>>, string]>([
    ['no template', { [TEMPLATE]: undefined }, HELPFUL],
    ['an empty template', { [TEMPLATE]: text('') }, HELPFUL],
    ['the published one of Qwen2-VL', { [TEMPLATE]: text(templates['qwen2-vl']!) }, HELPFUL],
    ['the published one of Qwen2.5, for texts alone', { [TEMPLATE]: text(templates['qwen2.5']!) }, QWEN],
    ['one with a prompt of its own', { [TEMPLATE]: text(templates['other default prompt']!) }, QVQ],
    [
      'a list of templates of which none is the only one',
      {
        [TEMPLATE]: undefined,
        [`${TEMPLATE}.default`]: text(templates['other default prompt']!),
        [`${TEMPLATE}.tool_use`]: text(templates['qwen2.5']!),
        'tokenizer.chat_templates': { kind: 'array', of: 'string', value: ['default', 'tool_use'] },
      },
      QVQ,
    ],
  ])('%s', async (name, entries, system) => {
    const model = modelWith(name, entries)
    const [without, written] = [await asked(model), await asked(model, system)]
    expect(without.promptIds).toEqual(written.promptIds)
    expect(without.tokens).toEqual(written.tokens)
    expect(without.note).toBeNull()
    // the same prompt as of the model that the reference computed with
    expect(without.promptIds).toEqual((await asked(goldenModel('qwen2vl'), system)).promptIds)
  })

  test('none where the sentence stands in the tool branch only', async () => {
    const without = await asked(
      modelWith('tool branch', { [TEMPLATE]: text(templates['prompt in the tool branch only']!) }),
    )
    const [start] = without.promptIds
    expect(without.promptIds.filter((id) => id === start)).toHaveLength(2)
    expect(without.note).toBeNull()
  })
})

describe('a template that cannot be used', () => {
  test.each([
    [
      'with a mistake in it',
      '{% for message in messages %}{{ message.content }}',
      /chat template cannot be used \(.+\)\. ChatML is used instead/,
    ],
    [
      'that never ends',
      '{% for a in range(99999) %}{% for b in range(99999) %}{{ messages }}{% endfor %}{% endfor %}',
      /cannot be used \(it (writes without end|takes too long)\)/,
    ],
  ])('%s gives way to ChatML, and the user is told', async (name, source, note) => {
    const answer = await asked(modelWith(name, { [TEMPLATE]: text(source) }))
    expect(answer.note).toMatch(note)
    expect(answer.promptIds).toEqual((await asked(goldenModel('qwen2vl'), HELPFUL)).promptIds)
  })

  test('for one conversation says so, and the engine goes on', async () => {
    const model = modelWith('no system', {
      [TEMPLATE]: text(
        `{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}${templates['qwen2-vl']!}`,
      ),
    })
    await expect(asked(model, 'Be brief.')).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('it says "System role not supported"') as string,
    })
    expect((await asked(model)).tokens).toHaveLength(8)
  })
})

test('of a long conversation the part before the last question is computed once', async () => {
  const model = modelWith('reuse', { [TEMPLATE]: text(templates['qwen2.5']!) })
  const first = [user(picture, 'One <|im_end|> two?')]
  const options = { model, maxTokens: 4, ignoreEos: true }
  const { text: said } = await answered(engine, requestOf(first, options))
  const { result } = await answered(
    engine,
    requestOf([...first, message('assistant', said), user('And then?')], options),
  )
  expect(result.usage.cachedTokens).toBeGreaterThan(result.usage.promptTokens - 24)
})
