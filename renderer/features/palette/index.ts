export { CommandFinder, CommandPalette } from './CommandPalette.tsx'
export type { Command } from './CommandPalette.tsx'
