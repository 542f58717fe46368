import type { Database } from './index.ts'

/** A statement that took long: its text, whose values are placeholders, and for how long it kept the process. */
export interface SlowQuery {
  readonly sql: string
  readonly ms: number
}

type Method = (...values: unknown[]) => unknown
const TIMED = ['run', 'get', 'all'] as const

/** Tells of every statement prepared from now on that keeps the process longer than `ms`. */
export function watchSlowQueries(db: Database, onSlow: (query: SlowQuery) => void, ms = 40): void {
  const timed = (sql: string, call: () => unknown): unknown => {
    const started = performance.now()
    try {
      return call()
    } finally {
      const took = performance.now() - started
      if (took > ms) onSlow({ sql: sql.replace(/\s+/g, ' ').trim(), ms: Math.round(took) })
    }
  }
  const prepare = db.prepare.bind(db) as (sql: string) => object
  const wrapped = (sql: string): object => {
    const statement = prepare(sql) as Record<(typeof TIMED)[number], Method>
    for (const name of TIMED) {
      const method = statement[name].bind(statement)
      statement[name] = (...values) => timed(sql, () => method(...values))
    }
    return statement
  }
  Object.assign(db, { prepare: wrapped })
}
