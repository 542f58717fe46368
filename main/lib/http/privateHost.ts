import { BlockList, isIP } from 'node:net'

const privateNets = new BlockList()
for (const net of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
])
  privateNets.addSubnet(...partsOf(net), 'ipv4')
// fec0 was for sites before fc00, 64:ff9b:1 is for translation within a network (RFC 8215)
for (const net of ['::/127', '64:ff9b:1::/48', 'fc00::/7', 'fe80::/10', 'fec0::/10'])
  privateNets.addSubnet(...partsOf(net), 'ipv6')

/** IPv6 addresses that stand for an IPv4 address, by the group of 16 bits with which that begins: NAT64, 6to4 and older ways. */
const embeddings = [
  { at: 6, nets: ['64:ff9b::/96', '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96'] },
  { at: 1, nets: ['2002::/16'] },
].map(({ at, nets }) => {
  const list = new BlockList()
  for (const net of nets) list.addSubnet(...partsOf(net), 'ipv6')
  return { at, list }
})

/** The IPv4 address that an IPv6 address stands for, wherever that is translated; null: it is one of its own. */
function embeddedIPv4(host: string): string | null {
  const embedding = embeddings.find(({ list }) => list.check(host, 'ipv6'))
  if (!embedding) return null
  const [head = [], tail = []] = host.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  const bytes = groups
    .slice(embedding.at, embedding.at + 2)
    .flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
  return bytes.join('.')
}

function partsOf(net: string): [address: string, prefix: number] {
  const [address = '', prefix] = net.split('/')
  return [address, Number(prefix)]
}

/**
 * Whether an address's host name says by itself that it is this computer or one of its own network (RFC 1918, 4193, 6598,
 * 6761), as `URL` writes it; so do IPv6 addresses that are translated to such ones (RFC 6052, 3056). What a public name resolves to is not looked at.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
  const inner = family === 6 ? embeddedIPv4(host) : host
  return privateNets.check(host, family === 6 ? 'ipv6' : 'ipv4') || (inner !== null && privateNets.check(inner, 'ipv4'))
}

/** Whether a redirect leads from the internet into this computer or its own network, where it has no business. */
export const leadsInside = (from: URL, to: URL): boolean => isPrivateHost(to.hostname) && !isPrivateHost(from.hostname)
