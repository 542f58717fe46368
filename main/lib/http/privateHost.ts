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
for (const net of ['::/127', 'fc00::/7', 'fe80::/10']) privateNets.addSubnet(...partsOf(net), 'ipv6')

function partsOf(net: string): [address: string, prefix: number] {
  const [address = '', prefix] = net.split('/')
  return [address, Number(prefix)]
}

/**
 * Whether an address's host name says by itself that it is this computer or one of its own network (RFC 1918, 4193, 6598,
 * 6761), as `URL` writes it. What a public name resolves to is not looked at.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const family = isIP(host)
  if (family === 0) return host === 'localhost' || /\.(localhost|local|internal|lan|home\.arpa)$/.test(host)
  return privateNets.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** Whether a redirect leads from the internet into this computer or its own network, where it has no business. */
export const leadsInside = (from: URL, to: URL): boolean => isPrivateHost(to.hostname) && !isPrivateHost(from.hostname)
