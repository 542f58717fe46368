import type { Attachment } from '#contract'
import { describe, expect, test } from 'vitest'
import {
  addPicture,
  asPictures,
  asVideo,
  canSend,
  counted,
  dismiss,
  emptyDraft,
  movePicture,
  refuse,
  removePicture,
  setPictureDetail,
  setPictureMarks,
  storedPicture,
  toParts,
  toSaved,
  withoutSent,
} from './draft.ts'
import type { Draft } from './draft.ts'

const stored = (name: string): Attachment => ({
  sha: name.padEnd(64, '0'),
  kind: 'image',
  mime: 'image/png',
  name,
  bytes: 1,
  width: 28,
  height: 28,
})

const withPictures = (...names: string[]): Draft =>
  names.reduce(
    (draft, name) =>
      storedPicture(
        addPicture(draft, { key: name, name, preview: '', attachment: null, tokens: null, budget: null, marks: [] }),
        name,
        stored(name),
      ),
    emptyDraft,
  )

const keys = (draft: Draft): string[] => draft.pictures.map((picture) => picture.key)

/** The draft with these words before its pictures. */
const among = (draft: Draft, ...leads: string[]): Draft => ({
  ...draft,
  pictures: draft.pictures.map((picture, i) => (leads[i] === undefined ? picture : { ...picture, lead: leads[i] })),
})

describe('the question being composed', () => {
  test('of which a part was sent keeps what came since, and none of the words that were sent', () => {
    const sent = { ...among(withPictures('a', 'b'), 'Compare', 'with'), text: 'please' }
    const later = { ...sent, pictures: [...sent.pictures, ...withPictures('c').pictures] }
    expect(withoutSent(later, sent)).toMatchObject({ text: '', pictures: [{ key: 'c' }] })
    expect(withoutSent({ ...later, text: 'please And this?' }, sent).text).toBe('And this?')
    // one that was taken out meanwhile left its words to the next
    const without = { ...removePicture(later, 'a'), text: sent.text }
    expect(withoutSent(without, sent)).toMatchObject({ text: '', pictures: [{ key: 'c' }] })
    expect(withoutSent(among(later, 'Compare', 'with', 'more'), sent).pictures[0]).not.toHaveProperty('lead')
  })

  test('keeps the words before a video when its frames become pictures again', () => {
    const video = among(asVideo(withPictures('a', 'b'), 'v', 'two frames'), 'compare')
    expect(asPictures({ ...video, text: 'these' }, 'v')).toMatchObject({
      text: 'these',
      pictures: [{ key: 'a', lead: 'compare' }, { key: 'b' }],
    })
  })

  test('is sent with its pictures in order, then the trimmed text', () => {
    const draft = movePicture({ ...withPictures('a', 'b'), text: '  Which is red?\n' }, 'b', 0)
    expect(toParts(draft)).toEqual([
      { type: 'image', sha: stored('b').sha, name: 'b' },
      { type: 'image', sha: stored('a').sha, name: 'a' },
      { type: 'text', text: 'Which is red?' },
    ])
  })

  test('sends a picture with the detail chosen for it alone', () => {
    const budget = { minPixels: 784, maxPixels: 7840 }
    const draft = setPictureDetail(withPictures('a', 'b'), 'b', budget)
    expect(toParts(draft)).toEqual([
      { type: 'image', sha: stored('a').sha, name: 'a' },
      { type: 'image', sha: stored('b').sha, name: 'b', budget },
    ])
    expect(toParts(setPictureDetail(draft, 'b', null))).toEqual(toParts(withPictures('a', 'b')))
  })

  test('sends a picture with what was drawn on it, until that is removed', () => {
    const marks = [{ type: 'point', x: 0.5, y: 0.25, label: 'Point 1' }] as const
    const draft = setPictureMarks(withPictures('a', 'b'), 'a', marks)
    expect(toParts(draft)[0]).toEqual({ type: 'image', sha: stored('a').sha, name: 'a', marks })
    expect(toParts(setPictureMarks(draft, 'a', []))).toEqual(toParts(withPictures('a', 'b')))
  })

  test('cannot be sent empty, blank, while sending, or before every picture is stored', () => {
    expect(canSend(emptyDraft)).toBe(false)
    expect(canSend({ ...emptyDraft, text: ' \n' })).toBe(false)
    expect(canSend({ ...emptyDraft, text: 'Hi', sending: true })).toBe(false)
    const uploading = addPicture(
      { ...emptyDraft, text: 'Hi' },
      { key: 'a', name: 'a', preview: '', attachment: null, tokens: null, budget: null, marks: [] },
    )
    expect(canSend(uploading)).toBe(false)
    expect(canSend(storedPicture(uploading, 'a', stored('a')))).toBe(true)
  })

  test('pictures move within the ends and nothing else changes', () => {
    const draft = withPictures('a', 'b', 'c')
    expect(keys(movePicture(draft, 'a', 1))).toEqual(['b', 'a', 'c'])
    expect(keys(movePicture(draft, 'a', 99))).toEqual(['b', 'c', 'a'])
    expect(movePicture(draft, 'a', -1)).toBe(draft)
    expect(movePicture(draft, 'unknown', 1)).toBe(draft)
  })

  test('a picture that was removed while it was stored stays removed', () => {
    const draft = removePicture(
      addPicture(emptyDraft, {
        key: 'a',
        name: 'a',
        preview: '',
        attachment: null,
        tokens: null,
        budget: null,
        marks: [],
      }),
      'a',
    )
    expect(storedPicture(draft, 'a', stored('a'))).toBe(draft)
  })

  test('a refused file leaves the pictures and stays as a note until dismissed', () => {
    const refused = refuse(withPictures('a', 'b'), { key: 'a', name: 'a', message: 'This is not a picture.' })
    expect(keys(refused)).toEqual(['b'])
    expect(refused.refusals).toHaveLength(1)
    expect(dismiss(refused, 'a').refusals).toEqual([])
  })

  test('token counts belong to the pictures in order, and count the text too', () => {
    const draft = counted(
      { ...withPictures('a', 'b'), text: 'Hi' },
      { parts: [16, 64, 2], conversation: 100, context: 4096 },
    )
    expect(draft.pictures.map((picture) => picture.tokens)).toEqual([16, 64])
    expect(draft.totals).toEqual({ conversation: 100, question: 82, context: 4096 })
    expect(removePicture(draft, 'a').totals).toBeNull()
  })
})

test('words and media are sent in the order in which they stand', () => {
  const two = withPictures('a', 'b')
  const [a, b] = two.pictures
  const draft = {
    ...two,
    pictures: [
      { ...a!, lead: '  compare ' },
      { ...b!, lead: ' with ' },
    ],
    text: ' . ',
  }
  const order = (of: Draft) =>
    toParts(of).map((part) => (part.type === 'text' ? part.text : 'name' in part && part.name))
  expect(order(draft)).toEqual(['compare ', 'a', ' with ', 'b', ' .'])
  const tokens = { parts: [1, 16, 1, 64, 1], conversation: 0, context: 100 }
  expect(counted(draft, tokens).pictures.map(({ tokens }) => tokens)).toEqual([16, 64])
  expect(order(movePicture(draft, 'b', 0))).toEqual(['compare ', 'b', ' with ', 'a', ' .'])
  expect(order(removePicture(draft, 'a'))).toEqual(['compare with ', 'b', ' .'])
  expect(toSaved(draft, null).media).toMatchObject([{ lead: '  compare ' }, { lead: ' with ' }])
})
