import { z } from 'zod'

/**
 * What an answer is held to: a JSON schema, as its text, and what the user calls it. Which schemas can be held to is told
 * by `ask.checkFormat`.
 */
export const ChosenFormat = z.object({ name: z.string().trim().min(1).max(80), schema: z.string().min(1).max(200_000) })
export type ChosenFormat = z.infer<typeof ChosenFormat>
