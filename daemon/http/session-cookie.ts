/** The cookie of a session. Cookies know no ports, so its name does: daemons beside each other would overwrite each other's. */

export interface SessionCookie {
  readonly name: string;
  /** For set-cookie; an empty value takes it away. */
  text(value: string): string;
}

/** As long as the token in it (seconds). */
const seconds = 900;

/** `__Host-` ties it to this host and to TLS; browsers take it over plain HTTP from nobody, so on loopback it goes without. */
export function sessionCookie({ secure, port }: { readonly secure: boolean; readonly port: number }): SessionCookie {
  const name = `${secure ? '__Host-' : ''}supervm_${port}`;
  return {
    name,
    text: (value) => `${name}=${value}; Path=/; Max-Age=${value === '' ? 0 : seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`,
  };
}
