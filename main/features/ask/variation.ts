import type { Variation } from '#contract'
import type { AnswerRequest } from '../../engine/index.ts'

/** A request with what is otherwise this once: values of the sampling, and the detail of every picture whose size is not exact. */
export function varied(request: AnswerRequest, { sampling, budget }: Variation = {}): AnswerRequest {
  const given = Object.fromEntries(Object.entries(sampling ?? {}).filter(([, value]) => value !== undefined))
  const drawn = { ...request, sampling: { ...request.sampling, ...given } }
  if (!budget) return drawn
  return {
    ...drawn,
    budget,
    messages: request.messages.map((message) => ({
      ...message,
      content: message.content.map((part) => {
        // the frames of a file have the size in which they were read
        if (part.type === 'text' || (part.type === 'video' && part.seconds)) return part
        const { minPixels: _least, maxPixels: _most, longestSide: _long, shortestSide: _short, ...rest } = part
        return rest
      }),
    })),
  }
}
