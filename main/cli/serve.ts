import { runCommand } from './usage.ts'
export const serve = (_argv: string[]) => runCommand('', async () => 4)
