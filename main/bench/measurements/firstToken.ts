import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { AnswerResult, ChatMessage, ChatPart } from '../../headless.ts'
import type { Measurement } from '../measurement.ts'
import { pairedRatios } from '../statistics.ts'

const SIDE = 448
const ANSWER_TOKENS = 8

/** The first token of a second question on the same picture, against that of the first and against computing all of it again. */
export const secondQuestion: Measurement = {
  name: 'second_question',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const first: number[] = []
    const second: number[] = []
    const anew: number[] = []
    for (let i = 0; i < runs; i++) {
      const options = { conversationId: `second-question-${i}` }
      const ask = async (): Promise<ChatMessage> => ({
        role: 'user',
        content: [await workload.newPicture(SIDE), { type: 'text', text: 'What is in the picture?' }],
      })
      const question = await ask()
      const { text, result } = await engine.answer(workload.request([question], ANSWER_TOKENS), options)
      first.push(result.timings.ttftMs)
      const more: ChatMessage[] = [
        { role: 'assistant', content: [{ type: 'text', text }] },
        { role: 'user', content: [{ type: 'text', text: 'Which colours does it have?' }] },
      ]
      second.push(
        (await engine.answer(workload.request([question, ...more], ANSWER_TOKENS), options)).result.timings.ttftMs,
      )
      const other = workload.request([await ask(), ...more], ANSWER_TOKENS)
      anew.push((await engine.answer(other, { conversationId: `second-anew-${i}` })).result.timings.ttftMs)
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
        {
          name: 'second_question_anew',
          label: 'first token of such a second one, nothing ready',
          unit: 'ms',
          values: anew,
        },
      ],
      ratios: [
        {
          name: 'second_question',
          label: 'second question on the same picture, against the first',
          unit: 'ratio',
          values: pairedRatios(second, first),
        },
        {
          name: 'second_question_anew',
          label: 'second question on the same picture, against computing all of it again',
          unit: 'ratio',
          values: pairedRatios(second, anew),
        },
      ],
    }
  },
}

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

/** The first token after the last question of a conversation was changed, against asking the same without anything known. */
export const edit: Measurement = {
  name: 'edit',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const conversation = async (): Promise<ChatMessage[]> => [
      { role: 'user', content: [await workload.newPicture(SIDE), { type: 'text', text: 'What is in the picture?' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'A landscape with hills.' }] },
    ]
    const last = (text: string): ChatMessage => ({ role: 'user', content: [{ type: 'text', text }] })
    const firstToken = async (run: string, messages: readonly ChatMessage[]) =>
      (await engine.answer(workload.request(messages, ANSWER_TOKENS), { conversationId: `edit-${run}` })).result.timings
        .ttftMs
    const anew: number[] = []
    const edited: number[] = []
    for (let i = 0; i < runs; i++) {
      anew.push(await firstToken(`${i}-anew`, [...(await conversation()), last('Which is the largest of them?')]))
      const before = await conversation()
      await firstToken(`${i}`, [...before, last('Which colours does it have?')])
      edited.push(await firstToken(`${i}`, [...before, last('Which is the largest of them?')]))
    }
    return {
      figures: [
        {
          name: 'first_token_anew',
          label: 'first token of a second question, nothing ready',
          unit: 'ms',
          values: anew,
        },
        {
          name: 'first_token_edited',
          label: 'first token after that question was changed',
          unit: 'ms',
          values: edited,
        },
      ],
      ratios: [
        {
          name: 'edit',
          label: 'the last question changed, against computing all of it again',
          unit: 'ratio',
          values: pairedRatios(edited, anew),
        },
      ],
    }
  },
}

const PICTURES = 4
/** A return that takes more than this share of computing all of it again is explained. */
const QUICK = 0.5

interface Returned {
  readonly result: AnswerResult
  readonly states: readonly string[]
}

/** What is to be said of a run whose conversation was not there, or not quickly: how it was left and found. null: nothing. */
export function explained(run: number, left: Returned, found: Returned, againMs: number): string | null {
  const { usage, timings } = found.result
  const wasThere = usage.cachedTokens > usage.promptTokens * QUICK
  if (wasThere && timings.ttftMs <= againMs * QUICK) return null
  const told = [...left.states, ...found.states].join('; ')
  return `resume, run ${run}: ${usage.cachedTokens} of ${usage.promptTokens} tokens were there, pictures took ${Math.round(timings.encodeMs)} ms (${told})`
}

/** The first token on returning to a conversation with four pictures after a restart, against computing all of it again. */
export const resume: Measurement = {
  name: 'resume',
  needsPictures: true,
  async run({ workload, runs, engine, startEngine }) {
    await engine.engine.unload()
    const resumed: number[] = []
    const again: number[] = []
    const notes: string[] = []
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
        const answer = await started.answer(workload.request(messages, ANSWER_TOKENS), {
          conversationId: 'resume',
        })
        await started.close()
        return { ...answer, states: started.states }
      }
      const left = await firstToken(path.join(folder, 'kept'), [question])
      const more: ChatMessage[] = [
        question,
        { role: 'assistant', content: [{ type: 'text', text: left.text }] },
        { role: 'user', content: [{ type: 'text', text: 'Which is the largest?' }] },
      ]
      const found = await firstToken(path.join(folder, 'kept'), more)
      resumed.push(found.result.timings.ttftMs)
      again.push((await firstToken(path.join(folder, 'empty'), more)).result.timings.ttftMs)
      const note = explained(i + 1, left, found, again.at(-1)!)
      if (note) notes.push(note)
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
      notes,
    }
  },
}
