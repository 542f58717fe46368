export { createDescriptions } from './descriptions.ts'
export type { Descriptions } from './descriptions.ts'
export { createTitles } from './titles.ts'
export type { Titles } from './titles.ts'
