import type { ImageAttachment, Part } from '#contract'
import { expect, test } from 'vitest'
import { createBed, picture, text } from './testing/bed.ts'

const bed = createBed()
const { ask } = bed
const names = (kind: 'all' | 'picture' | 'page' | 'video', offset = 0, limit = 10) =>
  bed.conversations.gallery.list(kind, offset, limit).items.map(({ attachment }) => attachment.name)
const page = (fill: string, name: string): Part => {
  const { attachment } = picture(fill, name)
  return { type: 'image', attachment: { ...attachment, page: { pdf: 'f'.repeat(64), number: 3 } } as ImageAttachment }
}
const sha = (fill: string) => fill.repeat(64)
const describe = (fill: string, said: string) =>
  bed.conversations.gallery.describe(sha(fill), { text: said, model: 'Demo model' }, 1)

test('has every medium once with the conversations that show it, what was shown last first, and by kind', () => {
  const first = ask([picture('a', 'heron.png'), ...text('What is it?')])
  const second = ask([page('b', 'report.pdf'), picture('a', 'heron.png'), ...text('And here?')])
  ask([picture('c', 'owl.png')], first.conversationId)
  expect(names('all')).toEqual(['owl.png', 'heron.png', 'report.pdf'])
  expect(names('page')).toEqual(['report.pdf'])
  expect(names('video')).toEqual([])
  const { total, items } = bed.conversations.gallery.list('picture', 1, 1)
  expect(total).toBe(3)
  expect(items).toMatchObject([
    {
      attachment: { sha: sha('a') },
      places: [
        { conversationId: second.conversationId, messageId: second.userMessageId, title: 'And here?' },
        { conversationId: first.conversationId, messageId: first.userMessageId },
      ],
      description: null,
    },
  ])
  bed.conversations.discard([first.conversationId])
  expect(names('all')).toEqual(['heron.png', 'report.pdf'])
})

test('what a model saw in a picture is found by the search with the picture, and not once it is forgotten', () => {
  const { conversationId, userMessageId } = ask([
    picture('a', 'IMG_1.png'),
    picture('b', 'IMG_2.png'),
    ...text('Which?'),
  ])
  describe('a', 'A grey heron in a river.')
  describe('b', 'An owl at night.')
  const hits = (query: string) => bed.conversations.search(query, 10).flatMap((found) => found.hits)
  expect(hits('heron river')).toEqual([
    {
      messageId: userMessageId,
      role: 'user',
      in: 'picture',
      snippet: 'A grey \u0002heron\u0003 in a \u0002river\u0003.',
      picture: { sha: sha('a'), name: 'IMG_1.png' },
    },
  ])
  expect(hits('owl')).toMatchObject([{ picture: { name: 'IMG_2.png' } }])
  expect(hits('which owl')).toMatchObject([{ in: 'text' }])
  expect(bed.conversations.findIn(conversationId, 'heron', 10)).toMatchObject([{ in: 'picture' }])
  bed.reopen()
  expect(hits('heron')).toHaveLength(1)
  describe('a', 'A stork.')
  expect(hits('heron')).toEqual([])
  bed.conversations.gallery.forget(null)
  expect(hits('stork')).toEqual([])
  expect(bed.conversations.gallery.described()).toEqual({ pictures: 2, described: 0 })
})

test('what is written on a page is found by the search, with the page', () => {
  const put = (fill: string, written: string) =>
    bed.db.prepare('INSERT INTO page_texts (sha, text, lines) VALUES (?, ?, ?)').run(sha(fill), written, '[]')
  put('a', 'Invoice 4711')
  put('b', 'Total due: 86 EUR')
  const { userMessageId } = ask([page('a', 'x.pdf, page 1'), page('b', 'x.pdf, page 2'), ...text('What is due?')])
  describe('b', 'A table.')
  const hits = (query: string) => bed.conversations.search(query, 10).flatMap((found) => found.hits)
  expect(hits('total')).toEqual([
    {
      messageId: userMessageId,
      role: 'user',
      in: 'page',
      snippet: '\u0002Total\u0003 due: 86 EUR',
      picture: { sha: sha('b'), name: 'x.pdf, page 2' },
    },
  ])
  expect(hits('invoice 86')).toMatchObject([{ in: 'page', picture: { name: 'x.pdf, page 1' } }])
  expect(hits('table invoice')).toMatchObject([{ in: 'page' }])
  expect(hits('table')).toMatchObject([{ in: 'picture' }])
})

test('the picture that was shown last is the next to be described, but for those that could not be', () => {
  ask([picture('a', 'heron.png')])
  ask([picture('b', 'owl.png')])
  const next = (...except: string[]) => bed.conversations.gallery.nextUndescribed(new Set(except))
  expect([next(), next(sha('b')), next(sha('a'), sha('b'))]).toEqual([sha('b'), sha('a'), null])
  describe('b', 'An owl.')
  expect(next()).toBe(sha('a'))
  expect(bed.conversations.gallery.described()).toEqual({ pictures: 2, described: 1 })
})

test('a description goes with the file of its picture', () => {
  ask([picture('a', 'heron.png')])
  bed.db.exec(`INSERT INTO attachments (sha, kind, mime, name, bytes, width, height, stored_at)
    VALUES ('${sha('a')}', 'image', 'image/png', 'heron.png', 1, 2, 3, 1)`)
  describe('a', 'A heron.')
  bed.db.exec('DELETE FROM attachments')
  expect(bed.conversations.gallery.described().described).toBe(0)
})
