import { i18n } from '@lingui/core'
import { plural, t } from '@lingui/core/macro'
import { afterEach, expect, test } from 'vitest'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import { AppError, say } from '#contract'
import { told } from './errors.ts'
import { counted, listed } from './format.ts'
import { languageOf } from './language.ts'

afterEach(() => i18n.loadAndActivate({ locale: 'en', messages: {} }))

test.each([
  ['system', ['zh-CN', 'en'], 'zh-Hans'],
  ['system', ['zh'], 'zh-Hans'],
  ['system', ['zh-Hans-SG'], 'zh-Hans'],
  ['system', ['zh-TW'], 'zh-Hans'],
  ['system', ['de-DE', 'zh-CN', 'en'], 'zh-Hans'],
  ['system', ['en-GB', 'zh-CN'], 'en'],
  ['system', ['de-DE'], 'en'],
  ['system', ['en-XA'], 'pseudo'],
  ['system', [], 'en'],
  ['en', ['zh-CN'], 'en'],
  ['zh-Hans', ['en-US'], 'zh-Hans'],
  ['klingon', ['en-US'], 'en'],
])('%s with %j is %s', (setting, preferred, language) => {
  expect(languageOf(setting, preferred, true)).toBe(language)
})

test('forms for one and for many, and lists', () => {
  expect([counted(1, 'model'), counted(1200, 'model')]).toEqual(['1 model', '1,200 models'])
  expect(listed(['Jan', 'ChatGPT', 'LM Studio'])).toBe('Jan, ChatGPT, and LM Studio')
})

test('a message of the core is told in the language of the window, or as it came', () => {
  const full = new AppError('DiskFull', say`Needs ${'3 GB'}; ${'1 GB'} are free.`).toInfo()
  expect(full).toEqual({
    code: 'DiskFull',
    message: 'Needs 3 GB; 1 GB are free.',
    text: { message: 'Needs {0}; {1} are free.', values: { 0: '3 GB', 1: '1 GB' } },
  })
  const plain = new AppError('Interrupted', say`Stopped.`).toInfo()
  expect(plain).toEqual({ code: 'Interrupted', message: 'Stopped.' })
  expect([told(full), told(plain)]).toEqual(['Needs 3 GB; 1 GB are free.', 'Stopped.'])
  i18n.loadAndActivate({
    locale: 'zh-Hans',
    messages: {
      'Needs {0}; {1} are free.': compileMessage('需要 {0}；可用 {1}。'),
      'Stopped.': compileMessage('已停止。'),
    },
  })
  expect([told(full), told(plain)]).toEqual(['需要 3 GB；可用 1 GB。', '已停止。'])
  // what was stored before there were templates
  expect(told({ message: 'Needs 3 GB; 1 GB are free.' })).toBe('Needs 3 GB; 1 GB are free.')
})

test('words of a message may hold what the language of messages is made of', () => {
  const name = "{it's} <b>#1</b>"
  expect(t`Remove ${name}?`).toBe(`Remove ${name}?`)
  expect(plural(2, { one: `${name}: # page`, other: `${name}: # pages` })).toBe(`${name}: 2 pages`)
})
