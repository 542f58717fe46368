import type { ChatMessage } from '../../headless.ts'
import type { Measurement } from '../measurement.ts'
import { pairedRatios } from '../statistics.ts'

const SIDE = 448
const ANSWER_TOKENS = 8

/** The first token of a second question on the same picture, against that of the first. */
export const secondQuestion: Measurement = {
  name: 'second_question',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const first: number[] = []
    const second: number[] = []
    for (let i = 0; i < runs; i++) {
      const options = { conversationId: `second-question-${i}` }
      const question: ChatMessage = {
        role: 'user',
        content: [await workload.newPicture(SIDE), { type: 'text', text: 'What is in the picture?' }],
      }
      const { text, result } = await engine.answer(workload.request([question], ANSWER_TOKENS), options)
      first.push(result.timings.ttftMs)
      const more: ChatMessage[] = [
        { role: 'assistant', content: [{ type: 'text', text }] },
        { role: 'user', content: [{ type: 'text', text: 'Which colours does it have?' }] },
      ]
      second.push(
        (await engine.answer(workload.request([question, ...more], ANSWER_TOKENS), options)).result.timings.ttftMs,
      )
    }
    return {
      figures: [
        {
          name: 'first_question',
          label: `first token of a question on ${SIDE} x ${SIDE} pixels`,
          unit: 'ms',
          values: first,
        },
        {
          name: 'second_question',
          label: 'first token of a second one on the same picture',
          unit: 'ms',
          values: second,
        },
      ],
      ratios: [
        {
          name: 'second_question',
          label: 'second question on the same picture, against the first',
          unit: 'ratio',
          values: pairedRatios(second, first),
        },
      ],
    }
  },
}
