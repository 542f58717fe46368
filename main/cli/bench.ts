import { runCommand } from './usage.ts'
export const bench = (_argv: string[]) => runCommand('', async () => 4)
