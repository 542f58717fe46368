import { z } from 'zod'

/** Sampling of an answer; temperature 0 is greedy. Ranges follow llama.cpp's samplers. */
export const Sampling = z.object({
  temperature: z.number().min(0).max(5),
  topP: z.number().min(0).max(1),
  topK: z.int().min(0).max(100_000),
  minP: z.number().min(0).max(1),
  repeatPenalty: z.number().min(0.1).max(5),
  /** The largest number stands for a random seed in llama.cpp. */
  seed: z.int().min(0).max(0xffff_fffe).nullable(),
})
export type Sampling = z.infer<typeof Sampling>
