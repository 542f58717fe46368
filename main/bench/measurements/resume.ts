import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ChatMessage, ChatPart } from '../../headless.ts'
import type { Measurement } from '../measurement.ts'
import { pairedRatios } from '../statistics.ts'

const PICTURES = 4
const SIDE = 448
const ANSWER_TOKENS = 8

/** The first token on returning to a conversation with four pictures after a restart, against computing all of it again. */
export const resume: Measurement = {
  name: 'resume',
  needsPictures: true,
  async run({ workload, runs, engine, startEngine }) {
    await engine.engine.unload()
    const resumed: number[] = []
    const again: number[] = []
    for (let i = 0; i < runs; i++) {
      const pictures: ChatPart[] = []
      for (let k = 0; k < PICTURES; k++) pictures.push(await workload.newPicture(SIDE))
      const question: ChatMessage = {
        role: 'user',
        content: [...pictures, { type: 'text', text: 'What is in each picture?' }],
      }
      const folder = await mkdtemp(path.join(tmpdir(), 'sightline-resume-'))
      const firstToken = async (cache: string, messages: readonly ChatMessage[]) => {
        const started = await startEngine(cache)
        await started.engine.load(workload.model, workload.contextTokens)
        const answer = await started.answer(workload.request(messages, ANSWER_TOKENS), { conversationId: 'resume' })
        await started.close()
        return answer
      }
      const { text } = await firstToken(path.join(folder, 'kept'), [question])
      const more: ChatMessage[] = [
        question,
        { role: 'assistant', content: [{ type: 'text', text }] },
        { role: 'user', content: [{ type: 'text', text: 'Which is the largest?' }] },
      ]
      resumed.push((await firstToken(path.join(folder, 'kept'), more)).result.timings.ttftMs)
      again.push((await firstToken(path.join(folder, 'empty'), more)).result.timings.ttftMs)
      await rm(folder, { recursive: true, force: true })
    }
    return {
      figures: [
        {
          name: 'first_token_resumed',
          label: `first token after a restart, ${PICTURES} pictures of ${SIDE} x ${SIDE}, from disk`,
          unit: 'ms',
          values: resumed,
        },
        {
          name: 'first_token_recomputed',
          label: 'first token after a restart, all computed again',
          unit: 'ms',
          values: again,
        },
      ],
      ratios: [
        {
          name: 'resume',
          label: 'returning to a conversation after a restart, against computing it again',
          unit: 'ratio',
          values: pairedRatios(resumed, again),
        },
      ],
    }
  },
}
