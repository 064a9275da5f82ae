/** Secrets in the middle of a text, where no name of a member tells them: in a message, a stack, an address. */

/** Tokens of people, codes for a session, its cookie, invitations, and whatever else stands behind `Bearer`. */
const secrets = /\b(svml?_|supervm-invite-\d+:|eyJ|Bearer\s+)[\w.+/=~-]{8,}/g;

export function maskSecrets(text: string): string {
  return text.replace(secrets, '$1[secret]');
}
