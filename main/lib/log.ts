/** Values that may stand in a log: never what a user wrote, asked or was answered. */
export type LogDetails = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Notes one event, e.g. `log('process ended', { name: 'engine', code: 1 })`. Never throws. */
export type Log = (event: string, details?: LogDetails) => void

/** A line on standard error for each event: what is used where no other log is given. */
export const consoleLog: Log = (event, details = {}) => {
  const facts = Object.entries(details).filter(([, value]) => value !== undefined)
  process.stderr.write(`Sightline: ${[event, ...facts.map(([name, value]) => `${name}=${value}`)].join(' ')}\n`)
}
