/** What the model is taught and tested on. */
export const abilities = [
  'object',
  'pictures',
  'differs',
  'verdict',
  'followUp',
  'count',
  'relation',
  'text',
  'box',
  'motion',
  'change',
  'when',
  'odd',
  'unknown',
  'json',
  'chat',
] as const
export type Ability = (typeof abilities)[number]
