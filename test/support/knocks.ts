/** What stranger.ts prints: what came back, byte by byte as Latin-1, by what was sent. */
export interface Knocks {
  readonly peerPort: { readonly [sent: string]: string };
  readonly httpPort: string;
  readonly pairingPort: { readonly [sent: string]: string };
  readonly heartbeats: string;
  readonly multicastDns: string;
}
