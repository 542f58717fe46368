import type { ImportReport } from '#contract'
import { expect, test } from 'vitest'
import { summary } from './ImportDialog.tsx'

const report = (rest: Partial<ImportReport>): ImportReport => ({
  ...{ programs: ['ChatGPT'], imported: [], count: 0, alreadyHere: 0, grown: 0, messages: 0, pictures: 0, leftOut: [] },
  ...rest,
})

test.each([
  [{ count: 1, messages: 2 }, '1 conversation from ChatGPT: 2 messages.'],
  [
    { count: 1200, messages: 5, pictures: 2, alreadyHere: 1 },
    '1,200 conversations from ChatGPT: 5 messages and 2 pictures and videos. 1 conversation was here already.',
  ],
  [{ grown: 1, messages: 1 }, '1 conversation got what was new: 1 message.'],
  [{ alreadyHere: 1 }, 'Nothing new from ChatGPT: its conversation is here already.'],
  [{ alreadyHere: 3 }, 'Nothing new from ChatGPT: all 3 conversations are here already.'],
  [{ programs: ['Jan', 'llama.cpp'] }, 'There was no conversation with a message from Jan and llama.cpp.'],
])('what came of an import is said in a sentence or two', (rest, words) => {
  expect(summary(report(rest))).toBe(words)
})
