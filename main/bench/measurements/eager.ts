import type { ChatPart } from '../../headless.ts'
import type { Measurement } from '../measurement.ts'
import { pairedRatios } from '../statistics.ts'

const SIDE = 448

/** The first token after Send when the picture was got ready as it was attached, against nothing being ready. */
export const eager: Measurement = {
  name: 'eager',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const firstToken = async (run: string, isPrepared: boolean) => {
      const picture = await workload.newPicture(SIDE)
      const ask = (...content: ChatPart[]) => workload.request([{ role: 'user', content }], 1)
      const options = { conversationId: `eager-${run}-${isPrepared}` }
      if (isPrepared) await engine.engine.prepare(ask(picture), options)
      return (await engine.answer(ask(picture, { type: 'text', text: 'What is in the picture?' }), options)).result
        .timings.ttftMs
    }
    const without: number[] = []
    const prepared: number[] = []
    for (let i = 0; i < runs; i++) {
      without.push(await firstToken(String(i), false))
      prepared.push(await firstToken(String(i), true))
    }
    return {
      figures: [
        {
          name: 'first_token_unprepared',
          label: `first token on ${SIDE} x ${SIDE} pixels, nothing ready`,
          unit: 'ms',
          values: without,
        },
        {
          name: 'first_token_prepared',
          label: 'first token, picture got ready before Send',
          unit: 'ms',
          values: prepared,
        },
      ],
      ratios: [
        {
          name: 'eager',
          label: 'first token with the picture ready, against not',
          unit: 'ratio',
          values: pairedRatios(prepared, without),
        },
      ],
    }
  },
}
