import { expect, test } from 'vitest'
import { remediesFor } from './answerText.ts'

const full = (detail: Record<string, string | number>) => ({ code: 'ContextFull' as const, message: '', detail })

test('a full context offers what is possible, the advised way first', () => {
  expect(remediesFor(full({ needed: 9000, limit: 32768, pictures: 0, video: 0, remedy: 'context' }), true)).toEqual([
    'context',
  ])
  expect(remediesFor(full({ needed: 9000, limit: 32768, pictures: 1280, video: 0, remedy: 'detail' }), false)).toEqual([
    'detail',
    'context',
    'turns',
  ])
  expect(remediesFor(full({ needed: 9000, limit: 4096, pictures: 0, video: 0, remedy: 'turns' }), false)).toEqual([
    'turns',
  ])
  expect(remediesFor(full({ needed: 9000, limit: 4096, pictures: 0, video: 0, remedy: 'text' }), true)).toEqual([])
  expect(remediesFor({ code: 'ContextFull', message: '' }, true)).toEqual([])
  expect(remediesFor({ code: 'EngineCrashed', message: '' }, false)).toEqual([])
})
