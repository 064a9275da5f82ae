/** Through which interfaces could other machines be met? Pure. */
import { check, type Finding } from '../finding.ts';

export interface NetworkInterface {
  readonly name: string;
  /** IPv4. */
  readonly address: string;
  readonly internal: boolean;
}

export interface InterfacesReading {
  readonly interfaces: readonly NetworkInterface[];
  /** Names of interfaces with a default route; undefined where the system does not tell. */
  readonly defaultRoutes: readonly string[] | undefined;
  /** Those that other machines are looked for on. */
  readonly used: readonly string[];
}

const tunnels = /^(tun|tap|wg|ppp|utun|tailscale|zt|nordlynx|proton|ipsec|vpn)/;

export function checkInterfaces({ interfaces, defaultRoutes, used }: InterfacesReading): readonly Finding[] {
  const { ok, warning } = check('network', 'interfaces');
  const outward = interfaces.filter(({ internal }) => !internal);
  if (outward.length === 0)
    return [
      warning('no network: no interface has an IPv4 address', {
        cause: 'Without one this machine is alone.',
        advice: 'Plug in the cable or join the WLAN, then look again:',
        commands: ['ip addr'],
      }),
    ];
  const ours = outward.filter(({ name }) => used.includes(name));
  const tunnel = defaultRoutes?.find((name) => tunnels.test(name));
  const names = ours.map(({ name, address }) => `${name} ${address}`).join(', ');
  if (tunnel !== undefined)
    return [
      warning(`everything goes through ${tunnel}, a VPN`, {
        cause: `Many VPNs forbid traffic within the local network, so machines beside this one may not be reached. Looked at: ${names}.`,
        advice: "Allow local traffic in the VPN's settings, or name a machine on the other end:",
        commands: ['supervm up --peer HOST:7946'],
      }),
    ];
  const passed = outward.filter(({ name }) => !used.includes(name)).map(({ name }) => name);
  const over = passed.length === 0 ? '' : `; passed over: ${passed.join(', ')}`;
  // Discovery has a socket of its own an interface, so it needs none.
  const route = defaultRoutes !== undefined && defaultRoutes.length === 0 ? '; no default route (none is needed)' : '';
  return [ok(`${names}${over}${route}`)];
}
