import { expect, test } from 'vitest'
import { isPrivateHost, leadsInside } from './privateHost.ts'

const hostOf = (host: string) => new URL(`http://${host}/`).hostname

const own = [
  'localhost',
  'a.localhost',
  'nas.local',
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.7',
  '169.254.169.254',
  '100.64.0.1',
]
const writtenOtherwise = [
  '2130706433',
  '0x7f.1',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:192.168.1.1]',
  '[fd00::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::8.8.8.8]',
  '[2002:c0a8:101::]',
  '[2002:7f00:1::5]',
  '[::10.0.0.1]',
  '[::ffff:0:10.0.0.1]',
  'localhost.',
]
test.each([...own, ...writtenOtherwise])('%s is of this computer or its network', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(true)
})

test.each([
  'huggingface.co',
  'cdn-lfs.hf.co',
  '8.8.8.8',
  '172.32.0.1',
  '100.128.0.1',
  '[2606:4700::1111]',
  '[64:ff9b::8.8.8.8]',
  '[64:ff9b:2::10.0.0.1]',
  '[2002:808:808::10.0.0.1]',
  '[2001:db8:a00::1]',
  '[::ffff:8.8.8.8]',
  'localhost.example',
  'local',
])('%s is not', (host) => {
  expect(isPrivateHost(hostOf(host))).toBe(false)
})

test('only from the internet a redirect leads inside', () => {
  const [outside, cdn, inside, here] = [
    'https://huggingface.co/a',
    'https://cdn.example/a',
    'https://10.0.0.1/a',
    'http://localhost:80/a',
  ].map((url) => new URL(url)) as [URL, URL, URL, URL]
  expect([leadsInside(outside, inside), leadsInside(outside, here)]).toEqual([true, true])
  expect([leadsInside(outside, cdn), leadsInside(here, inside), leadsInside(inside, outside)]).toEqual([
    false,
    false,
    false,
  ])
})
