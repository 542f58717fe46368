import SQLite from 'better-sqlite3'
import type { Database } from 'better-sqlite3'

/** A statement that took long: its text, whose values are placeholders, and for how long it kept the process. */
export interface SlowQuery {
  readonly sql: string
  readonly ms: number
}

/** Who hears of the statements of a database. */
export interface StatementWatcher {
  /** A statement that kept the process longer than `slowMs`; of rows that are taken one by one, all of it together. */
  onSlow?(query: SlowQuery): void
  /** What a statement threw; it goes on to its caller. */
  onError?(error: unknown): void
  readonly slowMs?: number
}

type Method = (...values: unknown[]) => unknown
type Rows = IterableIterator<unknown>
const AT_ONCE = ['run', 'get', 'all'] as const

/** Watches all that is prepared or executed with `db` from now on. */
export function watchStatements(db: Database, { onSlow, onError, slowMs = 40 }: StatementWatcher): void {
  /** Runs steps of one statement and adds up their time. */
  const clock = (sql: string) => {
    let ms = 0
    return {
      run<T>(step: () => T): T {
        const started = performance.now()
        try {
          return step()
        } catch (error) {
          onError?.(error)
          throw error
        } finally {
          ms += performance.now() - started
        }
      },
      end: () => void (ms > slowMs && onSlow?.({ sql: sql.replace(/\s+/g, ' ').trim(), ms: Math.round(ms) })),
    }
  }
  const watched =
    (sql: string, method: Method): Method =>
    (...values) => {
      const { run, end } = clock(sql)
      try {
        return run(() => method(...values))
      } finally {
        end()
      }
    }
  const prepare = db.prepare.bind(db) as (sql: string) => object
  const watchedPrepare = (sql: string): object => {
    const statement = prepare(sql) as Record<(typeof AT_ONCE)[number] | 'iterate', Method>
    for (const name of AT_ONCE) statement[name] = watched(sql, statement[name].bind(statement))
    const iterate = statement.iterate.bind(statement) as (...values: unknown[]) => Rows
    statement.iterate = function* (...values) {
      const { run, end } = clock(sql)
      const rows = run(() => iterate(...values))
      try {
        for (let row = run(() => rows.next()); !row.done; row = run(() => rows.next())) yield row.value
      } finally {
        rows.return?.()
        end()
      }
    }
    return statement
  }
  const exec = db.exec.bind(db) as Method
  const pragma = db.pragma.bind(db) as Method
  Object.assign(db, {
    prepare: watchedPrepare,
    exec: (sql: string) => watched(sql, exec)(sql),
    pragma: (...values: [string]) => watched(`PRAGMA ${values[0]}`, pragma)(...values),
  })
}

/** Whether `error` says that the file of a database, or the disk below it, is damaged. */
export const isDamage = (error: unknown): boolean =>
  error instanceof SQLite.SqliteError && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(error.code)
