import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import { parseAddress } from './address.ts'

const MIRROR = 'https://mirror.example:8443/hf'
const plain = {
  holds: 'huggingface',
  repository: 'user/Some.Repo-GGUF',
  revision: null,
  path: null,
  quantization: null,
} as const
const commit = 'a'.repeat(40)

describe('a repository of Hugging Face is known', () => {
  const whole = [
    'user/Some.Repo-GGUF',
    ' user/Some.Repo-GGUF/ ',
    '"user/Some.Repo-GGUF"',
    'hf.co/user/Some.Repo-GGUF',
    'huggingface.co/user/Some.Repo-GGUF',
    'https://huggingface.co/user/Some.Repo-GGUF',
    'HTTPS://HuggingFace.co/user/Some.Repo-GGUF?library=gguf#files',
    'http://hf.co/user/Some.Repo-GGUF',
    'https://huggingface.co/user/Some.Repo-GGUF/tree/main',
    'https://huggingface.co/user/Some.Repo-GGUF/discussions/3',
    'hf://user/Some.Repo-GGUF',
    'https://hf-mirror.com/user/Some.Repo-GGUF',
    'https://mirror.example:8443/hf/user/Some.Repo-GGUF',
    'mirror.example:8443/hf/user/Some.Repo-GGUF',
    'huggingface-cli download user/Some.Repo-GGUF --local-dir .',
    'hf download user/Some.Repo-GGUF',
    'llama-server -hf user/Some.Repo-GGUF',
    'git clone https://huggingface.co/user/Some.Repo-GGUF',
    'git clone https://huggingface.co/user/Some.Repo-GGUF.git',
    'lms get user/Some.Repo-GGUF',
    'docker model run hf.co/user/Some.Repo-GGUF',
    '(https://huggingface.co/user/Some.Repo-GGUF),',
  ]
  test.each(whole)('as %j', (typed) => expect(parseAddress(typed, MIRROR)).toEqual(plain))

  test.each([
    'user/Some.Repo-GGUF:Q4_K_M',
    'hf.co/user/Some.Repo-GGUF:q4_k_m',
    'ollama run hf.co/user/Some.Repo-GGUF:Q4_K_M',
    '-hf user/Some.Repo-GGUF:Q4_K_M',
  ])('with a quantization as %j', (typed) => {
    expect(parseAddress(typed, null)).toEqual({ ...plain, quantization: 'Q4_K_M' })
  })

  test.each([
    ['https://huggingface.co/user/Some.Repo-GGUF/blob/main/m-Q8_0.gguf', null, 'm-Q8_0.gguf'],
    [
      'https://huggingface.co/user/Some.Repo-GGUF/resolve/main/Q8_0/m%20a-Q8_0-00001-of-00002.gguf?download=true',
      null,
      'Q8_0/m a-Q8_0-00001-of-00002.gguf',
    ],
    [`https://huggingface.co/user/Some.Repo-GGUF/resolve/${commit}/m.gguf`, commit, 'm.gguf'],
    ['https://huggingface.co/user/Some.Repo-GGUF/tree/v1.0', 'v1.0', null],
    ['https://huggingface.co/user/Some.Repo-GGUF/tree/v1.0/Q8_0', 'v1.0', null],
    ['https://huggingface.co/user/Some.Repo-GGUF/blob/refs%2Fpr%2F3/m.gguf', 'refs/pr/3', 'm.gguf'],
    ['https://huggingface.co/user/Some.Repo-GGUF/blob/refs/pr/3/m.gguf', 'refs/pr/3', 'm.gguf'],
  ])('with what an address names in it: %s', (typed, revision, path) => {
    expect(parseAddress(typed, null)).toEqual({ ...plain, revision, path })
  })
})

test.each([
  ['modelscope.cn/models/user/repo', null, null],
  ['https://www.modelscope.cn/models/user/repo/summary', null, null],
  ['https://modelscope.cn/models/user/repo/files', null, null],
  ['modelscope download --model user/repo', null, null],
  ['modelscope download user/repo m.gguf', null, null],
  ['https://modelscope.cn/models/user/repo/resolve/master/a/m.gguf', null, 'a/m.gguf'],
  ['https://modelscope.cn/models/user/repo/file/view/v2/m.gguf?status=2', 'v2', 'm.gguf'],
])('one of ModelScope is known as %s', (typed, revision, path) => {
  expect(parseAddress(typed, null)).toEqual({
    holds: 'modelscope',
    repository: 'user/repo',
    revision,
    path,
    quantization: null,
  })
})

test.each([
  ['', 'Type owner/name'],
  ['user', 'Type owner/name'],
  ['a model that sees', 'Type owner/name'],
  ['user/repo/extra', 'Type owner/name'],
  ['../etc/passwd', 'Type owner/name'],
  ['user/..', 'Type owner/name'],
  ['file:///etc/passwd', 'Type owner/name'],
  ['C:\\models\\m.gguf', 'Type owner/name'],
  ['C:\\models\\m.gguf', 'choose "Add from this computer"'],
  ['/home/somebody/models/m.gguf', 'choose "Add from this computer"'],
  ['m.gguf', 'choose "Add from this computer"'],
  ['ollama run qwen2.5vl:7b', 'Pull it there'],
  ['https://ollama.com/library/qwen2.5vl', 'Pull it there'],
  ['https://user:secret@huggingface.co/user/repo', 'Type owner/name'],
  ['https://huggingface.co/user', 'user is an owner, not a model'],
  ['https://huggingface.co/', 'the address of a site'],
  ['https://huggingface.co/datasets/user/repo', "Hugging Face's datasets"],
  ['https://huggingface.co/user/repo/resolve/main/a%2F..%2F..%2Fsecret', 'Type owner/name'],
  ['https://huggingface.co/user/repo/tree/%2e%2e%2f', 'Type owner/name'],
  ['https://huggingface.co/user/%E0%A4%A', 'Type owner/name'],
  ['https://modelscope.cn/datasets/user/repo', 'no address of a model at ModelScope'],
  ['http://192.168.0.10/user/repo', '192.168.0.10 is no place that models are taken from'],
  ['http://169.254.169.254/latest/meta-data', '169.254.169.254 is no place'],
  ['localhost:8080/user/repo', 'localhost:8080 is no place'],
  ['https://huggingface.co.evil.example/user/repo', 'huggingface.co.evil.example is no place'],
  ['https://github.com/user/repo', 'github.com is no place'],
])('%j is refused in words', (typed, words) => {
  expect(() => parseAddress(typed, MIRROR)).toThrow(
    expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining(words) as string }),
  )
})

test('whatever is typed, what comes out is a safe name or an error of its own', () => {
  const pieces = fc.constantFrom(
    'https://',
    'huggingface.co',
    'modelscope.cn',
    '/',
    '..',
    '%2e',
    '%2F',
    '@',
    ':',
    '?',
    '#',
    'models',
    'resolve',
    'main',
    'a',
    '\\',
    ' ',
    '\u0000',
    'ü',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(pieces, { maxLength: 14 }).map((all) => all.join('')),
      ),
      (typed) => {
        try {
          const { repository, revision, path } = parseAddress(typed, MIRROR)
          expect(repository).toMatch(/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/)
          for (const part of [...(revision ?? '').split('/'), ...(path ?? '').split('/')]) expect(part).not.toBe('..')
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      },
    ),
    { numRuns: 3000 },
  )
})
