import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Part } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { code } from '../../testing/coreTestbed.ts'
import { samplePath } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { fileOf, openBed, unzip, zipOf } from './testing/bed.ts'
import type { Bed } from './testing/bed.ts'

let folder: ReturnType<typeof tempFolder>
let bed: Bed
let other: Bed
const zip = () => join(folder.path, 'out.zip')

beforeEach(() => {
  folder = tempFolder()
  bed = openBed(join(folder.path, 'one'), forkWorker)
  other = openBed(join(folder.path, 'two'), forkWorker)
})
afterEach(async () => {
  await bed.close()
  await other.close()
  folder.remove()
})

const text = (words: string): Part => ({ type: 'text', text: words })

/** A conversation with marks, branches, a pair, a thought, a form and figures. */
async function conversation(): Promise<string> {
  const attachment = await bed.picture(samplePath('red-circle'), 'circle <1>.png')
  if (attachment.kind !== 'image') throw new Error('The sample is a picture.')
  const mark = { type: 'box', x1: 0.1, y1: 0.2, x2: 0.5, y2: 0.6, label: 'this' } as const
  const budget = { minPixels: 784, maxPixels: 78_400 }
  const picture: Part = { type: 'image', attachment, marks: [mark], budget, screen: { x: 3, y: 4 } }
  const { conversations } = bed
  const format = { name: 'Colour', schema: '{"type":"string"}' }
  const sent = conversations.ask({
    conversationId: null,
    parts: [picture, text('What is *this*?')],
    model: 'model-a',
    format,
  })
  conversations.append(sent.answerId, 'It is round.', 'reasoning')
  conversations.reasoned(sent.answerId, { ms: 12, tokens: 3 })
  conversations.append(sent.answerId, 'A **red** circle <script>alert(1)</script>')
  conversations.seen(sent.answerId, { family: 'qwen2vl', media: [{ width: 28, height: 28, frames: 1, tokens: 1 }] })
  const usage = { promptTokens: 5, imageTokens: 1, completionTokens: 4, cachedTokens: 0, contextTokens: 9 }
  const timings = { loadMs: 1, encodeMs: 2, prefillMs: 3, ttftMs: 4, tokensPerSecond: 5 }
  conversations.finish(sent.answerId, { status: 'complete', usage, timings })
  const again = conversations.answerAgain(sent.userMessageId, { model: 'model-b', beside: 'model-c', leftOut: 1 })
  conversations.append(again.answerId, 'Red')
  conversations.finish(again.answerId, { status: 'stopped' })
  conversations.finish(again.besideId!, { status: 'failed', error: { code: 'OutOfMemory', message: 'Too little.' } })
  conversations.selectBranch(sent.answerId)
  const next = conversations.ask({ conversationId: sent.conversationId, parts: [text('Why?')], model: 'model-a' })
  conversations.finish(next.answerId, { status: 'complete' })
  conversations.rename(sent.conversationId, 'Circle / "red"')
  return sent.conversationId
}

const exported = async (ids: readonly string[] | null, format: 'json' | 'markdown' | 'html') => {
  rmSync(zip(), { force: true })
  const written = await bed.exchange.exportTo(zip(), { ids, format })
  return { ...written, path: zip() }
}

describe('JSON', () => {
  test('comes back in another folder with branches, pair, marks, figures and media as they were', async () => {
    const id = await conversation()
    bed.conversations.pin([id], true)
    const { path, name } = await exported(null, 'json')
    expect(name).toBe('Circle - _red_.zip')
    const report = await other.import([{ name: 'out.zip', path }])
    expect(report).toMatchObject({ programs: ['Sightline'], count: 1, messages: 6, pictures: 1, leftOut: [] })
    expect(other.conversations.whole(id)).toEqual(bed.conversations.whole(id))
    const leaf = bed.conversations.get(id).leafId!
    expect(other.conversations.path(leaf)).toEqual(bed.conversations.path(leaf))
    const [sha = ''] = other.conversations.referencedShas()
    expect(readFileSync(other.attachments.pathOf(sha))).toEqual(readFileSync(samplePath('red-circle')))
    expect(other.conversations.search('circle', 5).map(({ conversation }) => conversation.id)).toEqual([id])
  })

  test('what is in the trash comes back out of it, with what was new, and is not exported with all', async () => {
    const id = await conversation()
    await other.import([{ name: 'a.zip', path: (await exported([id], 'json')).path }])
    const before = other.conversations.whole(id)
    other.conversations.discard([id])
    expect(other.conversations.ids()).toEqual([])
    expect(await other.import([{ name: 'a.zip', path: zip() }])).toMatchObject({
      count: 1,
      alreadyHere: 0,
      messages: 0,
    })
    expect(other.conversations.ids()).toEqual([id])
    expect(other.conversations.whole(id)).toEqual(before)
  })

  test('comes only once; what was added since comes, and a title and branch of here stay', async () => {
    const id = await conversation()
    await other.import([{ name: 'a.zip', path: (await exported([id], 'json')).path }])
    const before = other.conversations.whole(id)
    const again = await other.import([{ name: 'a.zip', path: zip() }])
    expect(again).toMatchObject({ count: 0, alreadyHere: 1, grown: 0, messages: 0, pictures: 0 })
    expect(other.conversations.whole(id)).toEqual(before)

    other.conversations.rename(id, 'Mine')
    const more = bed.conversations.ask({ conversationId: id, parts: [text('And then?')], model: 'model-a' })
    bed.conversations.finish(more.answerId, { status: 'complete' })
    const grown = await other.import([{ name: 'a.zip', path: (await exported([id], 'json')).path }])
    expect(grown).toMatchObject({ count: 0, alreadyHere: 0, grown: 1, messages: 2 })
    expect(other.conversations.get(id)).toMatchObject({ title: 'Mine', leafId: before.conversation.leafId })
    expect(other.conversations.path(more.answerId)).toEqual(bed.conversations.path(more.answerId))
  })

  test('an answer that is being written is exported as cut short', async () => {
    const { conversationId, answerId } = bed.conversations.ask({
      conversationId: null,
      parts: [text('Go')],
      model: 'm',
    })
    bed.conversations.append(answerId, 'So f')
    await other.import([{ name: 'a.zip', path: (await exported([conversationId], 'json')).path }])
    expect(other.conversations.message(answerId)).toMatchObject({ status: 'interrupted', parts: [{ text: 'So f' }] })
    expect(bed.conversations.message(answerId).status).toBe('streaming')
  })

  test('a picture that the zip lacks leaves its name; one that was changed is refused with nothing stored', async () => {
    const id = await conversation()
    const { path } = await exported([id], 'json')
    const { names, text: read } = await unzip(path)
    const texts = Object.fromEntries(
      await Promise.all(
        names.filter((name) => name.endsWith('.json')).map(async (name) => [name, await read(name)] as const),
      ),
    )
    const medium = names.find((name) => name.startsWith('media/'))!
    const changed = await zipOf(join(folder.path, 'changed.zip'), {
      ...texts,
      [medium]: readFileSync(samplePath('blue-square')),
    })
    await expect(other.import([changed])).rejects.toEqual(code('DamagedMedia'))
    expect(other.conversations.ids()).toEqual([])
    const without = await zipOf(join(folder.path, 'without.zip'), texts)
    const report = await other.import([without])
    expect(report.leftOut).toEqual([expect.objectContaining({ count: 1, examples: ['circle <1>.png'] })])
    expect(other.conversations.whole(id).messages[0]?.parts[0]).toEqual(text('[Missing: circle <1>.png]'))
    expect(await other.import([without])).toMatchObject({ count: 0, grown: 0, alreadyHere: 1 })
    expect(await other.import([{ name: 'whole.zip', path }])).toMatchObject({ count: 0, grown: 1, pictures: 1 })
    expect(other.conversations.whole(id).messages).toEqual(bed.conversations.whole(id).messages)
    expect(await other.import([{ name: 'whole.zip', path }])).toMatchObject({ grown: 0, alreadyHere: 1, pictures: 0 })
    expect(other.conversations.search('circle', 10)[0]?.hits).not.toEqual([])
  })

  test.each([
    ['no JSON', () => '{"conversation": '],
    ['of another form', () => '{"conversation": {}, "messages": []}'],
    [
      'whose messages stand before those that they follow',
      (content: string) => {
        const whole = JSON.parse(content) as { messages: unknown[] }
        return JSON.stringify({ ...whole, messages: whole.messages.toReversed() })
      },
    ],
    [
      'with one message twice',
      (content: string) => {
        const whole = JSON.parse(content) as { messages: unknown[] }
        return JSON.stringify({ ...whole, messages: [...whole.messages, whole.messages[0]] })
      },
    ],
    ['with a text that is no text', (content: string) => content.replace('"Why?"', '7')],
  ])('a conversation %s is refused, and nothing of it is stored', async (_, change) => {
    const id = await conversation()
    const { names, text: read } = await unzip((await exported([id], 'json')).path)
    const own = names.find((name) => name.startsWith('conversations/'))!
    const damaged = await zipOf(join(folder.path, 'damaged.zip'), {
      'sightline.json': await read('sightline.json'),
      [own]: change(await read(own)),
    })
    await expect(other.import([damaged])).rejects.toEqual(code('InvalidInput'))
    expect(
      other.store.db
        .prepare('SELECT (SELECT count(*) FROM conversations) + (SELECT count(*) FROM messages)')
        .pluck()
        .get(),
    ).toBe(0)
  })

  test('one of a newer version says so', async () => {
    const manifest = JSON.stringify({ format: 'sightline-conversations', version: 2, conversations: [] })
    const newer = await zipOf(join(folder.path, 'newer.zip'), { 'sightline.json': manifest })
    await expect(other.import([newer])).rejects.toThrow('newer version')
  })

  test('message ids that another conversation has get others, and are known again', async () => {
    const id = await conversation()
    const copy = { ...bed.conversations.whole(id) }
    const conversationId = '11111111-1111-4111-8111-111111111111'
    const messages = copy.messages.map((message) => ({ ...message, conversationId }))
    const clone = { conversation: { ...copy.conversation, id: conversationId }, messages }
    expect(bed.conversations.add(clone)).toEqual({ isNew: true, added: 6 })
    expect(bed.conversations.add(clone)).toEqual({ isNew: false, added: 0 })
    const parts = (of: string) => bed.conversations.whole(of).messages.map((message) => message.parts)
    expect(parts(conversationId)).toEqual(parts(id))
    expect(bed.conversations.whole(id)).toEqual(copy)
  })
})

describe('files that are no exports', () => {
  test.each([
    ['no zip', 'a.zip', 'PK\u0003\u0004 and no more', 'damaged'],
    ['half a JSON', 'a.json', '[{"mapping": {', 'damaged'],
    ['JSON of something else', 'a.json', '{"a": 1}', 'holds no conversations'],
    ['words', 'a.txt', 'words', 'holds no conversations'],
  ])('%s is refused with what to do', async (_, name, content, message) => {
    const file = fileOf(folder.path, name, content)
    await expect(other.import([file])).rejects.toEqual(code('InvalidInput'))
    await expect(other.import([file])).rejects.toThrow(message)
    expect(other.conversations.ids()).toEqual([])
  })

  test('a zip that names places outside of it is refused', async () => {
    const file = await zipOf(join(folder.path, 'slip.zip'), { 'aa/evil.json': '{}' })
    const bytes = readFileSync(file.path)
    for (let at = bytes.indexOf('aa/evil.json'); at >= 0; at = bytes.indexOf('aa/evil.json', at + 1))
      bytes.write('../', at)
    writeFileSync(file.path, bytes)
    await expect(other.import([file])).rejects.toEqual(code('InvalidInput'))
  })

  test('beside a good one a damaged one is told in the report', async () => {
    await conversation()
    const { path } = await exported(null, 'json')
    const report = await other.import([fileOf(folder.path, 'a.zip', 'words'), { name: 'b.zip', path }])
    expect(report).toMatchObject({
      count: 1,
      leftOut: [{ why: expect.stringContaining('a.zip is damaged') as string }],
    })
  })
})

describe('Markdown and pages', () => {
  test('Markdown holds the shown line with its media beside it', async () => {
    const id = await conversation()
    const { name, path } = await exported([id], 'markdown')
    expect(name).toBe('Circle - _red_.zip')
    const { names, text: read } = await unzip(path)
    const [sha = ''] = bed.conversations.referencedShas()
    expect(names.toSorted()).toEqual(['Circle - _red_.md', `media/${sha}.png`])
    const markdown = await read('Circle - _red_.md')
    expect(markdown).toMatch(/^# Circle \/ "red"\n\n\*\d{4}-\d\d-\d\d \d\d:\d\d · Sightline\*\n\n## You · /)
    expect(markdown).toContain(`![circle <1>.png](media/${sha}.png)`)
    expect(markdown).toContain('- “this”: box from 10 %, 20 % to 50 %, 60 %')
    expect(markdown).toContain('> **Thought**\n>\n> It is round.\n\nA **red** circle')
    expect(markdown).toContain('version 1 of 2')
    expect(markdown).not.toContain('Too little.')
  })

  test('a page needs nothing else, and no word of it is markup', async () => {
    const id = await conversation()
    const { name, path } = await exported([id], 'html')
    expect(name).toBe('Circle - _red_.html')
    const page = readFileSync(path, 'utf8')
    expect(page).not.toMatch(/<script|https?:|javascript:| on\w+=/i)
    expect(page).toContain('A <strong>red</strong> circle &lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain('What is *this*?')
    expect(page).toContain('alt="circle &lt;1&gt;.png"')
    const base64 = readFileSync(samplePath('red-circle')).toString('base64')
    expect(page).toContain(`src="data:image/png;base64,${base64}"`)
    expect(page).toContain('style="left:10.00%;top:20.00%;width:40.00%;height:40.00%"')
  })

  test('several are a page or a text each, of one title too; what is gone is told', async () => {
    const id = await conversation()
    const second = bed.conversations.ask({ conversationId: null, parts: [text('x')], model: 'm' })
    bed.conversations.finish(second.answerId, { status: 'complete' })
    bed.conversations.rename(second.conversationId, 'Circle / "red"')
    rmSync(bed.attachments.pathOf(bed.conversations.referencedShas()[0]!))
    const pages = await exported(null, 'html')
    expect((await unzip(pages.path)).names).toEqual(['Circle - _red_.html', 'Circle - _red_ (2).html'])
    expect(pages.leftOut).toEqual([expect.objectContaining({ count: 1, examples: ['circle <1>.png'] })])
    const texts = await exported([second.conversationId, id], 'markdown')
    expect((await unzip(texts.path)).names).toEqual(['Circle - _red_.md', 'Circle - _red_ (2).md'])
    expect(await (await unzip(texts.path)).text('Circle - _red_ (2).md')).toContain('*Missing: circle <1>.png*')
  })

  test('nothing to export, and a conversation that is gone, are told', async () => {
    await expect(bed.exchange.exportTo(zip(), { ids: null, format: 'json' })).rejects.toEqual(code('InvalidInput'))
    await expect(bed.exchange.exportTo(zip(), { ids: ['gone'], format: 'json' })).rejects.toEqual(code('NotFound'))
    expect(existsSync(zip())).toBe(false)
  })

  test('where the disk refuses, that is said and nothing is left behind by a call', async () => {
    await conversation()
    const target = join(folder.path, 'no such folder', 'out.zip')
    await expect(bed.exchange.exportTo(target, { ids: null, format: 'json' })).rejects.toEqual(code('StorageFailed'))
    await expect(bed.exchange.exportTo(target, { ids: null, format: 'markdown' })).rejects.toEqual(
      code('StorageFailed'),
    )
    const left = join(folder.path, 'one', 'exchange')
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([])
  })
})
