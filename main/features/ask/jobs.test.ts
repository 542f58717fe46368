import { Profile } from '#contract'
import { expect, test } from 'vitest'
import {
  ask,
  askWith,
  code,
  conversations,
  count,
  ended,
  engine,
  models,
  open,
  picture,
  store,
  textOf,
  textPart,
  until,
} from './testing/testbed.ts'

const profile = Profile.parse({
  ...{ id: 'reader', name: 'Reader', parser: 'markdown', space: 'thousandths' },
  jobs: [
    { id: 'page', label: 'Read the page', prompt: 'Read.', parser: 'olmocr' },
    { id: 'find', label: 'Find', prompt: 'Find {text}.' },
  ],
})
const seen = { family: 'qwen2vl' as const, media: [] }
/** What the engine is asked last, in words. */
const asked = ({ request }: Awaited<ReturnType<typeof engine.nextAnswer>>) =>
  request.messages.at(-1)!.content.map((part) => (part.type === 'text' ? part.text : part.type))

test('a job is kept with its question: what it is called, its prompt for every answer, and what that is read with', async () => {
  askWith(profile)
  const sent = ask.send({ conversationId: null, parts: [await picture('a')], job: 'page' })
  const stream = conversations.watch(sent.conversationId)
  const first = await engine.nextAnswer()
  expect(asked(first)).toEqual(['image', 'Read.'])
  first.seen(seen)
  first.text('A page')
  first.finish()
  await until(stream, ended)
  expect(conversations.message(sent.userMessageId).job).toEqual({ id: 'page', label: 'Read the page' })
  expect(textOf(conversations.message(sent.userMessageId)), 'only what the user said').toBe('[my a.png]')
  const read = { id: 'reader', name: 'Reader', parser: 'olmocr', space: 'thousandths' }
  expect(conversations.message(sent.answerId).seen).toEqual({ ...seen, profile: read })

  store.close()
  open()
  const again = ask.retry({ messageId: sent.answerId })
  const second = await engine.nextAnswer()
  expect(asked(second)).toEqual(['image', 'Read.'])
  second.seen(seen)
  second.finish()
  await until(conversations.watch(again.conversationId), ended)
  expect(conversations.message(again.answerId).seen?.profile).toEqual(read)
})

test('an earlier question keeps its job, a later one has none of its own', async () => {
  askWith(profile)
  const sent = ask.send({ conversationId: null, parts: [textPart('bells')], job: 'find' })
  const stream = conversations.watch(sent.conversationId)
  const first = await engine.nextAnswer()
  first.finish()
  await until(stream, ended)
  ask.send({ conversationId: sent.conversationId, parts: [textPart('And?')] })
  const { request, ...second } = await engine.nextAnswer()
  expect(request.messages.map(({ content }) => content.map((part) => part.type === 'text' && part.text))).toEqual([
    ['Find bells.'],
    ['And?'],
  ])
  second.finish()
})

test('a job that is not there, and one without the words that it wants, are refused and nothing is stored', async () => {
  const parts = [await picture('a')]
  expect(() => ask.send({ conversationId: null, parts, job: 'page' })).toThrow(code('InvalidInput'))
  askWith(profile)
  expect(() => ask.send({ conversationId: null, parts, job: 'x' })).toThrow(
    'Reader has no job "x". It has: page, find.',
  )
  expect(() => ask.send({ conversationId: null, parts, job: 'find' })).toThrow(code('EmptyQuestion'))
  expect(count('messages')).toBe(0)
})

test('a job that reads pages is refused without a picture, and nothing is stored', () => {
  const [page, ...others] = profile.jobs
  askWith({ ...profile, jobs: [{ ...page!, pages: 'each' }, ...others] })
  expect(() => ask.send({ conversationId: null, parts: [textPart('Hello')], job: 'page' })).toThrow(
    '"Read the page" reads pictures of pages: add some, or ask without this job.',
  )
  expect(count('messages')).toBe(0)
})

test('what is counted is the question as it goes, by the parts as they were composed', async () => {
  askWith(profile)
  const counting = ask.count({ conversationId: null, parts: [await picture('a'), textPart('bells')], job: 'find' })
  const { parts } = await counting
  expect(parts).toHaveLength(2)
})

test('a model to compare with that has no such job is refused, and one that would read pages; nothing is stored', async () => {
  const other = (await models.register({ textPath: '/models/other.gguf', projectorPath: null }, { name: 'Other' })).id
  const pages = Profile.parse({
    ...{ id: 'pages', name: 'Pages', parser: 'markdown' },
    jobs: [{ id: 'page', label: 'Read the page', prompt: 'Read.', pages: 'each' }],
  })
  const send = async (job: string) =>
    ask.send({ conversationId: null, parts: [await picture('a'), textPart('bells')], job, compareWith: other })
  askWith((id) => (id === other ? pages : profile))
  await expect(send('find')).rejects.toThrow(
    'Other has no job “Find”. Choose another model to compare with, or no job.',
  )
  await expect(send('page')).rejects.toThrow('Other cannot read pages beside another model.')
  expect(count('messages')).toBe(0)
  askWith(profile)
  const { besideId } = await send('find')
  expect(besideId).not.toBeNull()
})

test('a job that the model has no more is refused again where the question has no words of its own', async () => {
  askWith(profile)
  const answered = async (parts: Parameters<typeof ask.send>[0]['parts'], job: string) => {
    const sent = ask.send({ conversationId: null, parts, job })
    const stream = conversations.watch(sent.conversationId)
    ;(await engine.nextAnswer()).finish()
    await until(stream, ended)
    return sent.answerId
  }
  const silent = await answered([await picture('a')], 'page')
  const worded = await answered([textPart('bells')], 'find')
  askWith(() => null)
  expect(() => ask.retry({ messageId: silent })).toThrow(/has no job “Read the page”\. Choose a model that has it/)
  ask.retry({ messageId: worded })
  const again = await engine.nextAnswer()
  expect(asked(again)).toEqual(['bells'])
  again.finish()
})
