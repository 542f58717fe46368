import { expect, test } from 'vitest'
import { AppError } from '#contract'
import { stepped, untried } from './trial.ts'

const projectorPath = '/models/mmproj.gguf'

test('an answer grows word by word, and begins anew when the model is loaded again', () => {
  const loading = stepped(untried, { type: 'loading', projectorPath })
  expect(loading).toEqual({ state: 'loading', text: '', error: null })
  const first = stepped(loading, { type: 'text', projectorPath, text: 'A red' })
  const second = stepped(first, { type: 'text', projectorPath, text: ' circle.' })
  expect(second).toEqual({ state: 'answering', text: 'A red circle.', error: null })
  expect(stepped(second, { type: 'done', projectorPath })).toMatchObject({ state: 'done', text: 'A red circle.' })
  expect(stepped(second, { type: 'loading', projectorPath })).toEqual(loading)
})

test('a failure keeps what was said before it', () => {
  const error = new AppError('OutOfMemory', 'It does not fit.').toInfo()
  const answering = stepped(untried, { type: 'text', projectorPath, text: 'A' })
  expect(stepped(answering, { type: 'failed', projectorPath, error })).toEqual({ state: 'failed', text: 'A', error })
})
