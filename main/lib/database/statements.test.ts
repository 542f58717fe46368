import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchStatements } from './statements.ts'
import type { SlowQuery } from './statements.ts'

let db: SQLite.Database
let slow: SlowQuery[]
beforeEach(() => {
  db = new SQLite(':memory:')
  slow = []
})
afterEach(() => db.close())

const COUNT = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
  SELECT count(*) AS c FROM n`

test('a statement that takes long is told with its text and not with its values', () => {
  watchStatements(db, { onSlow: (query) => slow.push(query), slowMs: 20 })
  expect(db.prepare(COUNT).get(3_000_000)).toEqual({ c: 3_000_000 })
  expect(slow).toEqual([{ sql: COUNT.replace(/\s+/g, ' '), ms: expect.any(Number) }])
  expect(slow[0]!.ms).toBeGreaterThan(20)
})

test('a quick one is not, and statements work as before', () => {
  watchStatements(db, { onSlow: (query) => slow.push(query), slowMs: 60_000 })
  db.exec('CREATE TABLE t (a TEXT)')
  expect(db.prepare('INSERT INTO t VALUES (?)').run('x').changes).toBe(1)
  expect(db.prepare('SELECT a FROM t').pluck().get()).toBe('x')
  expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 'x' }])
  expect([...db.prepare('SELECT a FROM t').iterate()]).toEqual([{ a: 'x' }])
  db.transaction(() => db.prepare('DELETE FROM t').run())()
  expect(() => db.prepare('SELECT nonsense')).toThrow(/nonsense/)
  expect(slow).toEqual([])
})

test('rows that are taken one by one count together, also where they are not taken to the end', () => {
  const ROWS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n`
  watchStatements(db, { onSlow: (query) => slow.push(query), slowMs: 20 })
  let last = 0
  for (const row of db.prepare<[number], number>(ROWS).pluck().iterate(3_000_000)) if ((last = row) === 1_000_000) break
  expect([last, slow]).toEqual([1_000_000, [{ sql: ROWS, ms: expect.any(Number) }]])
  // and the database is free again
  expect(db.prepare('SELECT 1').pluck().get()).toBe(1)
})

test('what a statement throws is told, and its caller gets it', () => {
  const errors: unknown[] = []
  watchStatements(db, { onError: (error) => errors.push(error) })
  const broken = db.prepare(`SELECT json('{')`)
  for (const read of [() => broken.get(), () => broken.all(), () => [...broken.iterate()], () => db.exec('nonsense')])
    expect(read).toThrow()
  expect(errors).toHaveLength(4)
})
