import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchSlowQueries } from './index.ts'
import type { SlowQuery } from './index.ts'

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
  watchSlowQueries(db, (query) => slow.push(query), 20)
  expect(db.prepare(COUNT).get(3_000_000)).toEqual({ c: 3_000_000 })
  expect(slow).toEqual([{ sql: COUNT.replace(/\s+/g, ' '), ms: expect.any(Number) }])
  expect(slow[0]!.ms).toBeGreaterThan(20)
})

test('a quick one is not, and statements work as before', () => {
  watchSlowQueries(db, (query) => slow.push(query), 60_000)
  db.exec('CREATE TABLE t (a TEXT)')
  expect(db.prepare('INSERT INTO t VALUES (?)').run('x').changes).toBe(1)
  expect(db.prepare('SELECT a FROM t').pluck().get()).toBe('x')
  expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 'x' }])
  expect([...db.prepare('SELECT a FROM t').iterate()]).toEqual([{ a: 'x' }])
  db.transaction(() => db.prepare('DELETE FROM t').run())()
  expect(() => db.prepare('SELECT nonsense')).toThrow(/nonsense/)
  expect(slow).toEqual([])
})
