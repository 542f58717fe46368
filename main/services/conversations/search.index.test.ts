import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fold } from '#contract'
import SQLite from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { migrate, openStore } from '../../lib/database/index.ts'
import { migrations } from '../../lib/database/migrations/index.ts'
import { conversationCorpus } from '../../testing/conversationCorpus.ts'
import { createConversations } from './conversations.ts'
import { createSearch } from './search.ts'
import { createSearchIndex, runUpkeep } from './searchIndex.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sightline-search-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(folder, 'sightline.db')
const atOnce = () => Promise.resolve()

/** A file as the version before the index of grams left it: `count` finished answers, each in a conversation of its own. */
function fillVersion13(count: number): void {
  const db = new SQLite(file())
  migrate(db, migrations.slice(0, 13))
  const conversation = db.prepare(
    'INSERT INTO conversations (id, title, created_at, updated_at, leaf_id) VALUES (?, ?, ?, ?, ?)',
  )
  const message = db.prepare(
    `INSERT INTO messages (id, conversation_id, role, status, created_at) VALUES (?, ?, 'assistant', 'complete', ?)`,
  )
  const part = db.prepare(`INSERT INTO parts (message_id, ordinal, type, text) VALUES (?, 0, 'text', ?)`)
  db.transaction(() => {
    for (let n = 1; n <= count; n++) {
      conversation.run(`c${n}`, `Title of x${n}y`, n, n, `m${n}`)
      message.run(`m${n}`, `c${n}`, n)
      part.run(`m${n}`, `Answer number x${n}y, 图片里有 ${n}`)
    }
  })()
  db.exec(
    `INSERT INTO message_search (rowid, text) SELECT m.position, p.text FROM messages m JOIN parts p ON p.message_id = m.id`,
  )
  db.close()
}

test('what an earlier version stored is found from the first moment, while it is indexed, and after', async () => {
  fillVersion13(250)
  let store = openStore(folder)
  const found = () => {
    const search = createSearch(store.db, createSearchIndex(store.db))
    return ['number x1y', 'ANSWER X250Y', '图片', '片', 'title of x123y'].map((query) =>
      search.find(query, 3).map((hit) => hit.conversation.id),
    )
  }
  const all = [['c1'], ['c250'], ['c250', 'c249', 'c248'], ['c250', 'c249', 'c248'], ['c123']]
  expect(found()).toEqual(all)

  // the process ends after a part of it, and what is removed and written meanwhile takes its place
  expect(createSearchIndex(store.db).catchUp(0)).toBe(true)
  expect(found()).toEqual(all)
  store.close()
  store = openStore(folder)
  expect(found()).toEqual(all)
  const conversations = createConversations(store.db)
  conversations.remove('c250')
  const sent = conversations.ask({ conversationId: null, parts: [{ type: 'text', text: 'more' }], model: 'demo' })
  conversations.append(sent.answerId, 'Answer x250y')
  conversations.finish(sent.answerId, { status: 'complete' })
  all[1] = [sent.conversationId]
  all[2] = all[3] = ['c249', 'c248', 'c247']
  expect(found()).toEqual(all)

  await runUpkeep(store.db, createSearchIndex(store.db), () => false, atOnce)
  expect(createSearchIndex(store.db).catchUp(1000)).toBe(false)
  expect(found()).toEqual(all)
  const messages = store.db.prepare('SELECT count(*) FROM search_grams WHERE rowid > 0').pluck().get()
  expect(messages).toBe(store.db.prepare('SELECT count(*) FROM messages').pluck().get())
  store.close()
})

test('a step of the upkeep indexes few of long messages, and all are found in the end', () => {
  fillVersion13(40)
  const earlier = new SQLite(file())
  earlier.prepare('UPDATE parts SET text = text || ?').run(' word'.repeat(4_000))
  earlier.close()
  const store = openStore(folder)
  const index = createSearchIndex(store.db)
  const indexed = () =>
    store.db.prepare<[], number>('SELECT count(*) FROM search_grams WHERE rowid > 0').pluck().get() as number
  const steps: number[] = []
  for (let before = 0; index.catchUp(0); before = indexed()) steps.push(indexed() - before)
  expect(Math.max(...steps)).toBe(1)
  expect(indexed()).toBe(40)
  store.close()
})

test('messages that were indexed without the names of their files are indexed again in steps, and found meanwhile', () => {
  const store = openStore(folder)
  const conversations = createConversations(store.db)
  const sha = 'a'.repeat(64)
  const attachment = {
    ...({ sha, kind: 'image', mime: 'image/png', bytes: 1, width: 2, height: 3 } as const),
    name: 'heron.png',
  }
  store.db.transaction(() => {
    for (let n = 0; n < 250; n++) {
      const parts = [
        { type: 'image' as const, attachment },
        { type: 'text' as const, text: 'What? '.repeat(50) },
      ]
      conversations.ask({ conversationId: null, parts, model: 'demo' })
    }
  })()
  store.db.exec(`
    INSERT INTO search_again SELECT position FROM messages WHERE role = 'user';
    DELETE FROM search_grams WHERE rowid IN (SELECT position FROM search_again)`)
  const index = createSearchIndex(store.db)
  const found = () => createSearch(store.db, createSearchIndex(store.db)).find('heron', 100).length
  const left = () => store.db.prepare<[], number>('SELECT count(*) FROM search_again').pluck().get() as number
  const lefts = [left()]
  expect(found()).toBe(100)
  while (index.catchUp(0)) {
    lefts.push(left())
    expect(found()).toBe(100)
  }
  expect(lefts[0]).toBe(250)
  expect(lefts.length).toBeGreaterThan(3)
  expect(left()).toBe(0)
  expect(found()).toBe(100)
  expect(index.candidates(['HERON']).messages).toHaveLength(250)
  store.close()
})

test('the upkeep waits for an answer before it gives space back, and ends with the database', async () => {
  fillVersion13(1)
  const store = openStore(folder)
  store.db.exec(`CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(12000000)); DROP TABLE large`)
  const size = () => (store.db.pragma('page_count', { simple: true }) as number) * 4096
  const before = size()
  let waits = 0
  await runUpkeep(
    store.db,
    createSearchIndex(store.db),
    () => {
      expect(waits > 3 || size() === before).toBe(true)
      return waits <= 3
    },
    async () => void waits++,
  )
  expect(size()).toBeLessThan(before / 10)
  store.close()
  await runUpkeep(store.db, { catchUp: () => true }, () => false, atOnce)
})

test('texts are stored once, and the index is smaller than they are', () => {
  const store = openStore(folder)
  const conversations = createConversations(store.db)
  let characters = 0
  store.db.transaction(() => {
    for (const exchanges of conversationCorpus(2 ** 20)) {
      let conversationId: string | null = null
      for (const { question, answer } of exchanges) {
        const parts = [{ type: 'text' as const, text: question }]
        const sent = conversations.ask({ conversationId, parts, model: 'demo' })
        conversations.append(sent.answerId, answer)
        conversations.finish(sent.answerId, { status: 'complete' })
        conversationId = sent.conversationId
        characters += question.length + answer.length
      }
    }
  })()
  store.close()
  expect(statSync(file()).size / characters).toBeLessThan(4)
})

test('whatever is stored and asked, search finds what comparing every text finds', () => {
  const character = fc.constantFrom(...'aAäßİıσοёйい红色片😀𠮷"*%_-. \n', 'o\u0308', 'lighthouse')
  const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''))
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 6 }),
      fc.array(text, { minLength: 1, maxLength: 6 }),
      (texts, queries) => {
        const db = new SQLite(':memory:')
        migrate(db, migrations)
        const conversations = createConversations(db)
        const answers = texts.map((answer) => {
          const sent = conversations.ask({ conversationId: null, parts: [{ type: 'text', text: '.' }], model: 'demo' })
          conversations.append(sent.answerId, answer)
          conversations.finish(sent.answerId, { status: 'complete' })
          return { id: sent.conversationId, said: fold(answer.toWellFormed()) }
        })
        for (const query of queries) {
          const terms = query.normalize('NFC').trim().split(/\s+/u).filter(Boolean).map(fold)
          const wanted = answers.filter(({ said }) => terms.length > 0 && terms.every((term) => said.includes(term)))
          const titled = terms.length > 0 && terms.every((term) => '.'.includes(term))
          const found = conversations.search(query, 100).map(({ conversation }) => conversation.id)
          expect([query, [...found].sort()]).toEqual([query, (titled ? answers : wanted).map(({ id }) => id).sort()])
        }
        db.close()
      },
    ),
    { numRuns: 150 },
  )
})

test('many candidates and few are given in the same order, and the limit holds', () => {
  const store = openStore(folder)
  let time = 0
  const conversations = createConversations(store.db, () => ++time)
  const ids: string[] = []
  store.db.transaction(() => {
    for (let n = 0; n < 700; n++) {
      const parts = [{ type: 'text' as const, text: n % 2 === 0 ? 'common' : 'common rare' }]
      ids.push(conversations.ask({ conversationId: null, parts, model: 'demo' }).conversationId)
    }
  })()
  ids.reverse()
  const found = (query: string, limit: number) =>
    conversations.search(query, limit).map(({ conversation }) => conversation.id)
  expect(found('common', 30)).toEqual(ids.slice(0, 30))
  expect(found('rare', 30)).toEqual(ids.filter((_, n) => n % 2 === 0).slice(0, 30))
  const within = (query: string, since: number) =>
    conversations.search(query, 30, { since }).map(({ conversation }) => conversation.id)
  expect(within('common', conversations.get(ids[4]!).updatedAt)).toEqual(ids.slice(0, 5))
  expect(within('common', 0)).toEqual(ids.slice(0, 30))
  store.close()
})

test('no statement goes through all messages or parts, and none sorts the list', () => {
  const store = openStore(folder)
  const prepared = vi.spyOn(store.db, 'prepare')
  createConversations(store.db)
  const plans = prepared.mock.calls
    .map(([sql]) => sql)
    .filter((sql) => /^\s*(SELECT|WITH|UPDATE|DELETE)/.test(sql))
    .map((sql) => {
      const parameters = sql.includes('@')
        ? [Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 1]))]
        : [...sql.matchAll(/\?/g)].map(() => '1')
      const steps = new SQLite(file(), { readonly: true }).prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters)
      return { sql, plan: (steps as { detail: string }[]).map(({ detail }) => detail) }
    })
  expect(plans.length).toBeGreaterThan(15)
  for (const { sql, plan } of plans) {
    for (const step of plan) expect(step, sql).not.toMatch(/^SCAN (m|messages|below|p|parts|c|conversations)$/)
    if (/FROM conversations( c)? ORDER BY/.test(sql)) expect(plan.join(), sql).not.toContain('TEMP B-TREE FOR ORDER BY')
  }
  const children = plans.find(({ sql }) => sql.includes('AS newest'))
  expect(children?.plan.join('\n')).toMatch(
    /USING INDEX messages_in_conversation \(conversation_id=\? AND parent_id=\?\)[^]*USING COVERING INDEX messages_in_conversation \(conversation_id=\? AND parent_id=\?\)/,
  )
  store.close()
})
